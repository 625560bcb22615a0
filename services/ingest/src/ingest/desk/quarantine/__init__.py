"""Quarantine: events that could not be applied, to be looked at, repaired and released."""
