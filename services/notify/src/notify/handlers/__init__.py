"""What the events of the other services do here. Nothing in this package calls a provider."""
