"""Channels to customers: one protocol, and an adapter per provider."""
