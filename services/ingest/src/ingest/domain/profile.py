"""A customer's profile, which events change field by field, in any order of arrival.

Each field is a last-writer-wins register: of two values the one with the larger (event time, event id) stays.
"""

from collections.abc import Iterable, Mapping
from datetime import date
from typing import Any, NamedTuple

from mandegar.events.contacts import Consent, ContactUpdated
from mandegar.events.ingest import CustomerUpdated
from mandegar.quantities import from_us

ATTRIBUTES_MAX = 100
ATTRIBUTE = "attribute:"
CONSENT = "consent:"

Value = str | dict[str, str] | None


class Stamped(NamedTuple):
    """A value with the time (microseconds) and id of the event that set it. A cleared field has the value None."""

    value: Value
    at: int
    event_id: str


Profile = dict[str, Stamped]


def fold(profile: Mapping[str, Stamped], patches: Iterable[Mapping[str, Stamped]]) -> Profile:
    """The profile after the patches, whose order does not matter."""
    folded = dict(profile)
    for patch in patches:
        for field, stamped in patch.items():
            current = folded.get(field)
            if current is None or (stamped.at, stamped.event_id) > (current.at, current.event_id):
                folded[field] = stamped
    return folded


def read_profile(document: Mapping[str, Any]) -> Profile:
    """The profile in its stored JSON document."""
    return {field: Stamped(*stamped) for field, stamped in document.items()}


def contact_snapshot(profile: Mapping[str, Stamped], version: int) -> ContactUpdated:
    """The part with addresses and consents, which notify receives."""
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
                at=from_us(profile[CONSENT + channel].at),
                method=value["method"],
            )
            for channel in ("email", "sms")
            if isinstance(value := _value(profile, CONSENT + channel), dict)
        },
    )


def customer_snapshot(profile: Mapping[str, Stamped], version: int) -> CustomerUpdated:
    """The part without addresses and names, which every service receives."""
    birthday = _text(profile, "birthday")
    fields = sorted(name for name, field in profile.items() if name.startswith(ATTRIBUTE) and field.value is not None)
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
    stamped = profile.get(field)
    return None if stamped is None else stamped.value


def _text(profile: Mapping[str, Stamped], field: str) -> str | None:
    value = _value(profile, field)
    return value if isinstance(value, str) else None
