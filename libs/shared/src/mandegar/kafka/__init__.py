"""Kafka clients, the names of topics on a broker, and the creation of topics."""
