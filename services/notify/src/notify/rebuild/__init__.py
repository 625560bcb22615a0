"""Notify made again from the topics."""
