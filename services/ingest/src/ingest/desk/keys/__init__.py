"""Keys of a source."""
