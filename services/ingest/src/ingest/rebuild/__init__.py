"""Rebuilding the database from the topics."""
