"""Fits a version of a shop's model. Runs as a child process, the only one that loads numpy and scipy."""
