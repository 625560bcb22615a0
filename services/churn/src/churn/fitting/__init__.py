"""Fits the population parameters of a shop. Runs as a child process, the only one that loads numpy and scipy."""
