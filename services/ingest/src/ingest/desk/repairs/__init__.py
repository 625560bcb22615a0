"""All events in quarantine that have one cause: what it may be, and their repair by a mapping."""
