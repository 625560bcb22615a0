"""Lanes: polling, the batch transaction, inbox, dead letters, and the brake and watchdog that stop a lane."""
