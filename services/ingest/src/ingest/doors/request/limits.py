"""Limits of a request and of an event."""

REQUEST_BYTES_MAX = 1024 * 1024  # after decoding
EVENT_BYTES_MAX = 64 * 1024
BROWSER_REQUEST_BYTES_MAX = 64 * 1024
BATCH_EVENTS_MAX = 1_000
DEPTH_MAX = 32
