"""Recomputes every balance of a shop from the topics, and compares it with the database."""
