"""The accepted events of one customer."""
