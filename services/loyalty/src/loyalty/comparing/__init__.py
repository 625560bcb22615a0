"""Compares two programmes over all that is recorded of a shop. Runs as a child process, which works at low priority."""
