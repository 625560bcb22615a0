"""SMS: the parts of a text, and providers."""
