"""Previews of a journey's message."""
