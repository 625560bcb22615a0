"""Commands that read or publish topics again: rebuild, replay and republish."""
