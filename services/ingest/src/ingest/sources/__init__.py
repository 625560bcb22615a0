"""Shops and their sources: keys, rate limits, raw topics, and the events that announce changes."""
