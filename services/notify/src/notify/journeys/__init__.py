"""Journeys: which event leads to which message, until when, and how often."""
