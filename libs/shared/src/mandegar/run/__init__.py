"""Runs a service as one process, with upkeep of its database and settings of the garbage collector."""
