"""What notify answers over HTTP, by use case."""
