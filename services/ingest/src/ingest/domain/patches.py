"""The customer block of an event as a patch of the customer's profile. Invalid fields are ignored and reported."""

import re
from collections.abc import Callable
from datetime import date, datetime
from functools import cache
from zoneinfo import available_timezones

from ingest.domain import customer_ids
from ingest.domain.event_time import event_time
from ingest.domain.forms import ConsentForm, CustomerForm
from ingest.domain.outcomes import Refused
from ingest.domain.profile import ATTRIBUTE, ATTRIBUTES_MAX, CONSENT, Profile, Stamped, Value
from ingest.domain.sources import Shop
from mandegar.events.addresses import InvalidAddress, normalise_email
from mandegar.events.written import is_written, trimmed
from mandegar.quantities import to_us

CHANNELS = ("email", "sms")
NAME_MAX = 200
ATTRIBUTE_MAX = 200
_LOCALE = re.compile(r"[A-Za-z]{2,3}([-_][A-Za-z0-9]{2,8}){0,3}")
_METHOD = re.compile(r"[A-Za-z0-9_.:-]{1,64}")
_ATTRIBUTE_NAME = re.compile(r"[A-Za-z0-9_.-]{1,64}")


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


class Patch:
    """The patch of one event. ``removes`` means that a null clears the field; otherwise nulls are ignored."""

    def __init__(self, *, shop: Shop, at: datetime, event_id: str, removes: bool) -> None:
        self.fields: Profile = {}
        self.ignored: list[str] = []
        self._shop = shop
        self._time = at
        self._at = to_us(at)
        self._event_id = event_id
        self._removes = removes

    def read(self, form: CustomerForm) -> None:
        """Add every valid field of the block."""
        region = self._shop.phone_region
        self._take("email", form.email, normalise_email)
        self._take("phone", form.phone, lambda text: customer_ids.phone(text, region))
        self._take("name", form.name, _name)
        self._take("locale", form.locale, _locale)
        self._take("zone", form.zone, _zone)
        self._take("birthday", form.birthday, self._birthday)
        for channel, consent in (form.consent or {}).items():
            if isinstance(consent, bool):
                consent = ConsentForm("granted" if consent else "withdrawn")
            self.consent(channel, consent)
        for name, value in list((form.attributes or {}).items())[:ATTRIBUTES_MAX]:
            self._attribute(name, value)
        if form.attributes and len(form.attributes) > ATTRIBUTES_MAX:
            self.ignored.append(f"attributes after the first {ATTRIBUTES_MAX}")

    def consent(self, channel: str, form: ConsentForm) -> None:
        """Add the consent to marketing on one channel, dated by its own ``at``, else by the event."""
        status = {"granted": "granted", "withdrawn": "withdrawn", "denied": "withdrawn"}.get(form.status)
        method = form.method or "shop"
        if channel not in CHANNELS or status is None or not _METHOD.fullmatch(method):
            self.ignored.append("consent")
            return
        try:
            at = event_time(form.at, zone=self._shop.zone, now=self._time)
        except Refused:
            self.ignored.append("consent.at")
            return
        self.fields[CONSENT + channel] = Stamped({"status": status, "method": method}, to_us(at), self._event_id)

    def _take(self, field: str, value: str | int | None, normalise: Callable[[str], str]) -> None:
        if value == "":
            return
        if value is None:
            if self._removes:
                self._set(field, None)
            return
        try:
            self._set(field, normalise(str(value)))
        except InvalidAddress as error:
            self.ignored.append(f"{field} ({customer_ids.why(error)})")
        except ValueError:
            self.ignored.append(field)

    def _attribute(self, name: str, value: str | float | bool | None) -> None:
        text = str(value).lower() if isinstance(value, bool) else trimmed(str(value))
        if not _ATTRIBUTE_NAME.fullmatch(name) or len(text) > ATTRIBUTE_MAX or not is_written(text):
            self.ignored.append("attributes")
        elif value is None:
            if self._removes:
                self._set(ATTRIBUTE + name, None)
        elif customer_ids.carries_address(text):
            # Attributes are published to every service, and addresses to notify alone.
            self.ignored.append("attributes")
        else:
            self._set(ATTRIBUTE + name, text)

    def _birthday(self, text: str) -> str:
        day = date.fromisoformat(text)
        if not date(1900, 1, 1) <= day <= self._time.date():
            raise ValueError("not a birthday")
        return day.isoformat()

    def _set(self, field: str, value: Value) -> None:
        self.fields[field] = Stamped(value, self._at, self._event_id)


def _name(text: str) -> str:
    name = trimmed(text)
    if not name or len(name) > NAME_MAX or not is_written(name):
        raise ValueError("not a name")
    return name


def _locale(text: str) -> str:
    if not _LOCALE.fullmatch(text):
        raise ValueError("not a locale")
    return text.replace("_", "-")


def _zone(text: str) -> str:
    if text not in _zones():
        raise ValueError("not a zone")
    return text


@cache
def _zones() -> set[str]:
    return available_timezones()
