"""Metrics of sends. Labels are steps and classes of errors, never shops or customers."""

from prometheus_client import Counter, Gauge

SENDS_FAILED = Counter("sends_failed_total", "Sends of which a step raised an unexpected error", ["step", "error"])
PROVIDER_CALLS = Counter("provider_calls_total", "Messages handed to a provider, by outcome", ["channel", "outcome"])
PROVIDER_FAULTS = Counter(
    "provider_faults_total", "Calls that failed because of the provider or our account with it", ["channel", "stage"]
)
PROVIDER_FAILING = Gauge(
    "provider_failing", "1 while the latest call of a provider failed because of it or our account", ["channel"]
)
NOT_COMPOSED_BRAKE = Gauge(
    "send_brake_engaged", "1 while messages that cannot be composed are put off, because most cannot be"
)
SHOPS_STOPPED = Gauge(
    "shops_stopped",
    "Shops with a journey whose messages wait, because most are refused for reasons that need not be their recipients'",
    ["channel"],
)
