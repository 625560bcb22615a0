"""The ways out to people: one small protocol, and one adapter per provider."""
