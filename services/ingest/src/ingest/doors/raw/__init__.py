"""``raw.<source_id>``: topics that platforms produce into."""
