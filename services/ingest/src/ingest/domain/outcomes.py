"""The stable answers of a door: six statuses, and codes with the reason."""

from dataclasses import dataclass
from typing import Literal
from uuid import UUID

Status = Literal["accepted", "duplicate", "quarantined", "rejected", "retry", "suppressed"]

# Unreadable or not allowed, and not stored. The sender has to correct the event and may send it again.
REJECTED = frozenset(
    {
        "event_too_large",
        "invalid_json",
        "non_finite_number",
        "not_allowed",
        "not_an_object",
        "source_closed",
        "visitor_unproven",
    }
)
# Readable, but not acceptable as it is. Stored with the reason until somebody releases or drops it.
QUARANTINED = frozenset(
    {
        "bad_amount",
        "bad_customer_id",
        "bad_time",
        "id_conflict",
        "invalid_data",
        "invalid_event",
        "missing_customer",
        "missing_id",
        "number_overflow",
        "order_unknown",
        "too_deep",
        "unknown_type",
        "unstorable",
        "unsupported_data",
        "wrong_currency",
    }
)
# Neither accepted nor stored, because the shop has no room for it. The sender has to send it again.
RETRY = frozenset({"quarantine_full"})
# Neither accepted nor stored, because its customer was erased. Sending it again changes nothing.
ERASED = "customer_erased"
SUPPRESSED = frozenset({ERASED})
# Accepted, with a note for the sender.
NOTES = frozenset(
    {
        "address_shared",
        "consent_kept",
        "contact_ignored",
        "customerid_ignored",
        "data_ignored",
        "history_only",
        "identity_kept",
        "merged_customer",
        "order_owner",
        "waiting_for_order",
    }
)


class Refused(Exception):
    """An event cannot be accepted. ``code`` is one of this module's, ``detail`` is a sentence without personal data."""

    def __init__(self, code: str, detail: str) -> None:
        super().__init__(code, detail)
        self.code = code
        self.detail = detail


@dataclass(frozen=True, slots=True)
class Result:
    """The answer about one event of a request. ``event_id`` is the id under which an accepted event is published."""

    index: int
    id: str | None
    status: Status
    code: str | None = None
    detail: str | None = None
    event_id: UUID | None = None


def suppressed(index: int, id_: str | None) -> Result:
    """The answer about an event of a customer who was erased."""
    detail = (
        "the customer was erased, so the event is not stored. If they are to be a customer again, readmit them: "
        "POST /v1/customers/{customer_id}/readmit"
    )
    return Result(index, id_, status_of(ERASED), ERASED, detail)


def status_of(code: str) -> Status:
    """The status of an event that is refused for ``code``; ``KeyError`` for an unknown code."""
    if code in REJECTED:
        return "rejected"
    if code in QUARANTINED:
        return "quarantined"
    if code in RETRY:
        return "retry"
    if code in SUPPRESSED:
        return "suppressed"
    raise KeyError(code)
