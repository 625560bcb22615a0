"""SMS: how many parts a text takes, and providers."""
