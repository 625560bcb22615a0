"""``raw.<source_id>``: topics into which platforms produce by themselves."""
