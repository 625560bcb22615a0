"""Metrics, logs and traces. None of them may contain an address, a key or a token."""
