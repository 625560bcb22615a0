"""Proof that the suite can fail: one guard at a time is taken out of a copy of the source, and a test must go red."""
