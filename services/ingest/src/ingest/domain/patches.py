"""The customer block of an event as a patch of the customer's profile. Invalid fields are ignored and reported."""

import re
from collections.abc import Callable, Iterator
from datetime import date, datetime
from functools import cache
from types import MappingProxyType
from zoneinfo import available_timezones

from ingest.domain import attributes, customer_ids
from ingest.domain.consents import CHANNELS
from ingest.domain.event_time import event_time
from ingest.domain.forms import ConsentForm, CustomerForm
from ingest.domain.outcomes import Refused
from ingest.domain.profile import ATTRIBUTE, ATTRIBUTES_MAX, CONSENT, Fields
from ingest.domain.sources import Shop
from ingest.domain.stamped import Stamped
from mandegar.events.addresses import InvalidAddress, ascii_digits, canonical_address, normalise_email
from mandegar.events.written import is_written, plain_id, trimmed
from mandegar.quantities import to_us

NAME_MAX = 200
_ADDRESSES = frozenset(CHANNELS.values())
ATTRIBUTE_MAX = 200
# Language, script and region; further subtags are read and left out, because they have room for a name.
_LOCALE = re.compile(
    r"([A-Za-z]{2,3}(?:[-_][A-Za-z]{4})?(?:[-_](?:[A-Za-z]{2}|[0-9]{3}))?)(?:[-_][A-Za-z0-9]{2,8}){0,3}"
)
# Of a consent, and what it means.
STATUSES = MappingProxyType(
    {"granted": "granted", **dict.fromkeys(("withdrawn", "denied", "unsubscribed", "no", "false", "0"), "withdrawn")}
)
UNSTATED_METHOD = "shop"
_METHOD = re.compile(r"[A-Za-z0-9_.:-]{1,64}")
# So many undeclared attributes are named in the answer.
NAMED_MAX = 10


def has_profile_fields(form: CustomerForm) -> bool:
    """Whether the block has any field besides the ids."""
    return bool(
        form.email != ""
        or form.phone != ""
        or form.name != ""
        or form.locale != ""
        or form.zone != ""
        or form.birthday != ""
        or form.consent
        or form.attributes
    )


def folded(word: str) -> str:
    """A channel or a status in the one spelling that counts."""
    return plain_id(word).lower()


class Patch:
    """The patch of one event. ``removes`` means that a null clears the field; otherwise nulls are ignored.

    Which of two names counts, the shop's own clock decides, even where it runs ahead. Addresses and consents count from
    an instant that has come: a customer's withdrawal must not lose to a clock.
    """

    def __init__(
        self, *, shop: Shop, at: datetime, written: datetime, now: datetime, event_id: str, removes: bool
    ) -> None:
        self.ignored: list[str] = []
        # Attributes that stay in the history: not declared by the shop, or not of the declared type.
        self.undeclared: list[str] = []
        self._fields: dict[str, Stamped] = {}
        # The addresses that the event names, in one spelling; None: cleared, or not usable.
        self._named: dict[str, str | None] = {}
        self._shop = shop
        self._time = at
        self._now = now
        self._at = to_us(at)
        self._written = to_us(written)
        self._event_id = event_id
        self._removes = removes

    def read(self, form: CustomerForm) -> None:
        """Add every valid field of the block. Its consents are for the addresses that it names."""
        region = self._shop.phone_region
        named = {
            "email": self._take_address("email", form.email, normalise_email),
            "phone": self._take_address("phone", form.phone, lambda text: customer_ids.phone_of_contact(text, region)),
        }
        self._take("name", form.name, _name)
        self._take("locale", form.locale, _locale)
        self._take("zone", form.zone, _zone)
        self._take("birthday", form.birthday, self._birthday)
        for channel, consent in (form.consent or {}).items():
            if isinstance(consent, bool):
                consent = "granted" if consent else "withdrawn"
            if isinstance(consent, str):
                consent = ConsentForm(consent)
            address = named.get(CHANNELS.get(folded(channel), ""), "")
            self.consent(channel, consent, dated=bool(consent.at), named=address)
        for name, value in list((form.attributes or {}).items())[:ATTRIBUTES_MAX]:
            self._attribute(name, value)
        if form.attributes and len(form.attributes) > ATTRIBUTES_MAX:
            self.ignored.append(f"attributes after the first {ATTRIBUTES_MAX}")

    def consent(self, channel: str, form: ConsentForm, *, dated: bool, named: str | None = "") -> None:
        """Add the consent to marketing on one channel, made at its own ``at``, else at the time of the event.

        It is a flag unless it is ``dated``. ``named`` is the address that it was given for, empty if none is named.
        A grant is nothing without its evidence; a withdrawal stands if its evidence cannot be read.
        """
        channel, status = folded(channel), STATUSES.get(folded(form.status))
        if channel not in CHANNELS or status is None:
            self.ignored.append("consent")
            return
        method, at = self._method(form), self._made_at(form)
        if status == "granted" and (method is None or at is None):
            return
        method, at = method or UNSTATED_METHOD, at or self._time
        value = {"status": status, "method": method, "flag": not dated} | ({} if named == "" else {"address": named})
        self._fields[CONSENT + channel] = Stamped(value, to_us(at), self._event_id)

    def fields(self) -> Fields:
        """What the event states. A consent of a block that names no address is for the one that another block names."""
        for channel, field in CHANNELS.items():
            stamped = self._fields.get(CONSENT + channel)
            if stamped is not None and isinstance(stamped.value, dict) and field in self._named:
                value = {"address": self._named[field], **stamped.value}
                self._fields[CONSENT + channel] = stamped._replace(value=value)
        return self._fields

    def granting_flags(self) -> Iterator[tuple[str, str | None]]:
        """The channels on which consent is granted without a time, each with the address that it is about."""
        for channel in CHANNELS:
            stamped = self._fields.get(CONSENT + channel)
            value = stamped.value if stamped is not None else None
            if isinstance(value, dict) and value["flag"] and value["status"] == "granted":
                yield channel, value.get("address")

    def _method(self, form: ConsentForm) -> str | None:
        """How the consent was given; None if it cannot be kept."""
        method = trimmed(form.method or "") or UNSTATED_METHOD
        if _METHOD.fullmatch(method):
            return method
        self.ignored.append("consent.method")
        return None

    def _made_at(self, form: ConsentForm) -> datetime | None:
        """When the consent was given, which may be later than the event but has come; None if it cannot be read."""
        if not form.at:
            return self._time
        try:
            return event_time(form.at, zone=self._shop.zone, now=self._now)
        except Refused:
            self.ignored.append("consent.at")
            return None

    def _take_address(self, field: str, value: str | int | None, normalise: Callable[[str], str]) -> str | None:
        """The address of the block in one spelling; empty if it names none, None if it clears it or cannot be used."""
        if value == "" or (value is None and not self._removes):
            return ""
        taken = self._take(field, value, normalise)
        self._named[field] = None if taken is None else canonical_address(taken)
        return self._named[field]

    def _take(self, field: str, value: str | int | None, normalise: Callable[[str], str]) -> str | None:
        """Set the field if there is a valid value, which is returned; clear it for a null that removes."""
        taken = None
        if value == "":
            return None
        if value is None:
            if self._removes:
                self._set(field, None)
            return None
        try:
            taken = normalise(str(value))
            self._set(field, taken)
        except InvalidAddress as error:
            self.ignored.append(f"{field} ({customer_ids.why(error)})")
        except ValueError:
            self.ignored.append(field)
        return taken

    def _attribute(self, name: str, value: str | float | bool | None) -> None:
        text = trimmed(str(value))
        if not attributes.NAME.fullmatch(name) or len(text) > ATTRIBUTE_MAX or not is_written(text):
            self.ignored.append("attributes")
        elif value is None:
            if self._removes:
                self._set(ATTRIBUTE + name, None)
        else:
            type_ = self._shop.attributes.get(name)
            published = None if type_ is None else attributes.published_value(text, type_)
            if published is None:
                self.undeclared.append(name)
            else:
                self._set(ATTRIBUTE + name, published)

    def _birthday(self, text: str) -> str:
        day = date.fromisoformat(ascii_digits(plain_id(text)))
        if not date(1900, 1, 1) <= day <= self._time.date():
            raise ValueError("not a birthday")
        return day.isoformat()

    def _set(self, field: str, value: str | None) -> None:
        at = self._at if field in _ADDRESSES else self._written
        self._fields[field] = Stamped(value, at, self._event_id, self._written - at)


def _name(text: str) -> str:
    name = trimmed(text)
    if not name or len(name) > NAME_MAX or not is_written(name):
        raise ValueError("not a name")
    return name


def _locale(text: str) -> str:
    locale = _LOCALE.fullmatch(plain_id(text))
    if locale is None:
        raise ValueError("not a locale")
    return locale[1].replace("_", "-")


def _zone(text: str) -> str:
    zone = plain_id(text)
    if zone not in _zones():
        raise ValueError("not a zone")
    return zone


@cache
def _zones() -> set[str]:
    return available_timezones()
