"""SQL of the hallway: history, profiles, quarantine, and refunds that wait for their order."""
