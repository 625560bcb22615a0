"""A customer's profile, which events change field by field, in any order of arrival.

Each field is a last-writer-wins register: of two values the one with the larger (time, event id) stays.
Addresses and consents keep histories besides, because a consent belongs to one address (``consents.py``).
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from ingest.domain.attributes import published_value
from ingest.domain.consents import (
    ADDRESSES,
    CHANNELS,
    STATEMENTS,
    History,
    address_since,
    statement_in_force,
    with_addresses,
    with_statements,
)
from ingest.domain.stamped import Stamped
from mandegar.events.addresses import canonical_address
from mandegar.events.contacts import Consent, ContactUpdated
from mandegar.events.ingest import AttributeType, CustomerUpdated
from mandegar.quantities import from_us

ATTRIBUTES_MAX = 100
ATTRIBUTE = "attribute:"
CONSENT = "consent:"
# The pseudonym of the phone number, set together with it.
PHONE_ID = "phone_id"

Fields = Mapping[str, Stamped]


@dataclass(frozen=True, slots=True)
class Profile:
    """The fields, and by channel the histories of ``ADDRESSES`` and ``STATEMENTS``."""

    fields: Fields = field(default_factory=dict)
    histories: Mapping[str, History] = field(default_factory=dict)

    @property
    def document(self) -> dict[str, Any]:
        """The profile as it is stored."""
        fields: dict[str, Any] = {name: _stored(stamped) for name, stamped in self.fields.items()}
        return fields | {name: [_stored(fact) for fact in history] for name, history in self.histories.items()}


def read_profile(document: Mapping[str, Any]) -> Profile:
    """The profile in its stored JSON document; what a release before stored begins its histories."""
    fields: dict[str, Stamped] = {}
    histories: dict[str, History] = {}
    for name, stored in document.items():
        if name.startswith((ADDRESSES, STATEMENTS)):
            histories[name] = tuple(Stamped(*fact) for fact in stored)
        elif not name.startswith(CONSENT):
            fields[name] = Stamped(*stored)
    for channel, name in CHANNELS.items():
        if name in fields:
            histories.setdefault(ADDRESSES + channel, (_address(fields[name]),))
        if CONSENT + channel in document:
            histories.setdefault(STATEMENTS + channel, (Stamped(*document[CONSENT + channel]),))
    return Profile(fields, histories)


def fold(profile: Profile, patches: Iterable[Fields]) -> Profile:
    """The profile after the patches, whose order does not matter."""
    fields = dict(profile.fields)
    named: dict[str, list[Stamped]] = {}
    for patch in patches:
        for name, stamped in patch.items():
            if name.startswith(CONSENT):
                named.setdefault(STATEMENTS + name.removeprefix(CONSENT), []).append(stamped._replace(ahead=0))
                continue
            current = fields.get(name)
            if current is None or stamped.age > current.age:
                fields[name] = stamped
        for channel, name in CHANNELS.items():
            if name in patch:
                named.setdefault(ADDRESSES + channel, []).append(_address(patch[name]))
    histories = dict(profile.histories)
    for name, facts in named.items():
        add = with_addresses if name.startswith(ADDRESSES) else with_statements
        histories[name] = add(histories.get(name, ()), facts)
    return Profile(fields, histories)


def united(profile: Profile, others: Iterable[Profile]) -> Profile:
    """The profile of somebody who is all of them: the newest value of each field, and every statement."""
    fields, histories = dict(profile.fields), dict(profile.histories)
    for other in others:
        fields.update(fold(Profile(fields), [other.fields]).fields)
        for name, history in other.histories.items():
            add = with_addresses if name.startswith(ADDRESSES) else with_statements
            histories[name] = add(histories.get(name, ()), history)
    return Profile(fields, histories)


def contact_snapshot(profile: Profile, version: int) -> ContactUpdated:
    """The part with addresses and consents, which notify receives."""
    return ContactUpdated(
        version=version,
        email=_text(profile, "email"),
        phone=_text(profile, "phone"),
        name=_text(profile, "name"),
        locale=_text(profile, "locale"),
        zone=_text(profile, "zone"),
        consents={
            channel: consent for channel in ("email", "sms") if (consent := _consent(profile, channel)) is not None
        },
        email_since=_since(profile, "email"),
        phone_since=_since(profile, "sms"),
    )


def _consent(profile: Profile, channel: str) -> Consent | None:
    histories = profile.histories
    standing = statement_in_force(histories.get(ADDRESSES + channel, ()), histories.get(STATEMENTS + channel, ()))
    if standing is None:
        return None
    (status, at, method, flag), address = standing
    return Consent(status=status, at=at, method=method, address=address, flag=flag)


def _since(profile: Profile, channel: str) -> datetime | None:
    since = address_since(profile.histories.get(ADDRESSES + channel, ()))
    return None if since is None else from_us(since)


def customer_snapshot(profile: Profile, version: int, declared: Mapping[str, AttributeType]) -> CustomerUpdated:
    """The part without addresses and names, which every service receives.

    Of the attributes those that the shop declares now: what it stored under other settings stays here.
    """
    birthday = _text(profile, "birthday")
    attributes = {
        name: published
        for name, type_ in sorted(declared.items())
        if (text := _text(profile, ATTRIBUTE + name)) is not None
        and (published := published_value(text, type_)) is not None
    }
    return CustomerUpdated(
        version=version,
        locale=_text(profile, "locale"),
        zone=_text(profile, "zone"),
        birthday=None if birthday is None else date.fromisoformat(birthday),
        phone_id=_text(profile, PHONE_ID),
        attributes=attributes,
    )


def _text(profile: Profile, name: str) -> str | None:
    stamped = profile.fields.get(name)
    return stamped.value if stamped is not None and isinstance(stamped.value, str) else None


def _address(stamped: Stamped) -> Stamped:
    value = stamped.value
    return stamped._replace(value=canonical_address(value) if isinstance(value, str) else None)


def _stored(stated: Stamped) -> tuple[Any, ...]:
    """As stored: without ``ahead`` where it is 0, as for a shop whose clock is right."""
    return tuple(stated) if stated.ahead else tuple(stated[:-1])
