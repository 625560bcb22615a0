"""Kafka clients with the settings that survived faults, the names of topics on a broker, and their creation."""
