"""A journey's message as it would look."""
