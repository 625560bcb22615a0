"""The rules for what may be sent to whom and when, without clock, database or network."""
