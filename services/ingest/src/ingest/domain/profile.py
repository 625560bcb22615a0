"""What an event says of its customer, field by field, and how such sayings add up in any order.

Every field is its own last-writer-wins register: (value, event time in microseconds, event id), the larger stamp stays.
"""

from collections.abc import Iterable, Mapping
from datetime import UTC, date, datetime, timedelta
from typing import Any, NamedTuple

from ingest.domain.event_time import EARLIEST
from mandegar.events.contacts import Consent, ContactUpdated
from mandegar.events.ingest import CustomerUpdated

ATTRIBUTES_MAX = 100
ATTRIBUTE = "attribute:"
CONSENT = "consent:"

Value = str | dict[str, str] | None


class Stamped(NamedTuple):
    """The value of a field, when it was said, and by which event; ``None`` is a field that was taken back."""

    value: Value
    at: int
    event_id: str


Profile = dict[str, Stamped]


def fold(profile: Mapping[str, Stamped], patches: Iterable[Mapping[str, Stamped]]) -> Profile:
    """The profile after the patches; their order does not matter."""
    folded = dict(profile)
    for patch in patches:
        for field, said in patch.items():
            known = folded.get(field)
            if known is None or (said.at, said.event_id) > (known.at, known.event_id):
                folded[field] = said
    return folded


def read_profile(document: Mapping[str, Any]) -> Profile:
    """A profile out of its JSON document."""
    return {field: Stamped(*said) for field, said in document.items()}


def contact_snapshot(profile: Mapping[str, Stamped], version: int) -> ContactUpdated:
    """The addresses and consents in a profile: what notify may know."""
    return ContactUpdated(
        version=version,
        email=_text(profile, "email"),
        phone=_text(profile, "phone"),
        name=_text(profile, "name"),
        locale=_text(profile, "locale"),
        zone=_text(profile, "zone"),
        consents={
            channel: Consent(
                status="granted" if value["status"] == "granted" else "withdrawn",
                at=EARLIEST + timedelta(microseconds=profile[CONSENT + channel].at),
                method=value["method"],
            )
            for channel in ("email", "sms")
            if isinstance(value := _value(profile, CONSENT + channel), dict)
        },
    )


def customer_snapshot(profile: Mapping[str, Stamped], version: int) -> CustomerUpdated:
    """What everybody may know of a customer: no address, no name."""
    birthday = _text(profile, "birthday")
    fields = sorted(field for field, said in profile.items() if field.startswith(ATTRIBUTE) and said.value is not None)
    return CustomerUpdated(
        version=version,
        locale=_text(profile, "locale"),
        zone=_text(profile, "zone"),
        birthday=None if birthday is None else date.fromisoformat(birthday),
        attributes={
            field.removeprefix(ATTRIBUTE): text
            for field in fields[:ATTRIBUTES_MAX]
            if (text := _text(profile, field)) is not None
        },
    )


def _value(profile: Mapping[str, Stamped], field: str) -> Value:
    said = profile.get(field)
    return None if said is None else said.value


def _text(profile: Mapping[str, Stamped], field: str) -> str | None:
    value = _value(profile, field)
    return value if isinstance(value, str) else None


def instant(microseconds: int) -> datetime:
    """The instant of a stamp."""
    return (EARLIEST + timedelta(microseconds=microseconds)).astimezone(UTC)
