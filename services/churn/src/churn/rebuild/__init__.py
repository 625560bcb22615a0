"""Churn made again from the topics."""
