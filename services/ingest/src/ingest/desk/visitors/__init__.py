"""Secrets with which a shop proves to a browser source who its visitor is."""
