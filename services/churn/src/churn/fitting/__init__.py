"""Fits a shop's population parameters. The only place with numpy and scipy; runs as a short-lived child process."""
