"""Loyalty made again from the topics."""
