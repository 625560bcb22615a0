"""Shops and their sources: keys, rate limits, the topics that platforms produce into, and what is published of them."""
