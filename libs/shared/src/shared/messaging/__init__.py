"""The stream: lanes that poll, the batch transaction that applies, the relay that publishes, the timer that settles."""

from shared.messaging.outbox import write_outbox
from shared.messaging.subscription import (
    Apply,
    PermanentError,
    Process,
    Record,
    RecordSubscription,
    Settle,
    Subscription,
)

__all__ = [
    "Apply",
    "PermanentError",
    "Process",
    "Record",
    "RecordSubscription",
    "Settle",
    "Subscription",
    "write_outbox",
]
