"""The native form: ``POST /v1/events``."""
