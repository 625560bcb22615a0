"""Looks for texts in everything that a stack keeps or says: databases, topics, logs, metrics."""
