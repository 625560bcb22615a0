"""Ingest made again from its own topics."""
