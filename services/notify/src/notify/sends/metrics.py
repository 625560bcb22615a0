"""Metrics of sends. Labels are steps and classes of errors, never shops or customers."""

from prometheus_client import Counter, Gauge

SENDS_FAILED = Counter("sends_failed_total", "Sends of which a step raised an unexpected error", ["step", "error"])
NOT_COMPOSED_BRAKE = Gauge(
    "send_brake_engaged", "1 while messages that cannot be composed are put off, because most cannot be"
)
