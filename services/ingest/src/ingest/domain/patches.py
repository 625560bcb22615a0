"""The customer block of an event as a patch of its customer's profile; what is unusable is left out and said so."""

import re
from collections.abc import Callable
from datetime import date, datetime
from functools import cache
from zoneinfo import available_timezones

from ingest.domain import customer_ids
from ingest.domain.event_time import event_time, microseconds
from ingest.domain.forms import ConsentForm, CustomerForm
from ingest.domain.outcomes import Refused
from ingest.domain.profile import ATTRIBUTE, ATTRIBUTES_MAX, CONSENT, Profile, Stamped, Value
from ingest.domain.sources import Shop

CHANNELS = ("email", "sms")
NAME_MAX = 200
ATTRIBUTE_MAX = 200
_LOCALE = re.compile(r"[A-Za-z]{2,3}([-_][A-Za-z0-9]{2,8}){0,3}")
_METHOD = re.compile(r"[A-Za-z0-9_.:-]{1,64}")
_ATTRIBUTE_NAME = re.compile(r"[A-Za-z0-9_.-]{1,64}")
_CARRIES_MAIL = re.compile(r"[^@\s]@[^@\s]+\.[^@\s]")
_CARRIES_PHONE = re.compile(r"[+0][\d ()/-]{8,20}\d", re.ASCII)


def says_anything(form: CustomerForm) -> bool:
    """Whether the block holds more than the id of its customer."""
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
    """Collects what one event says; ``removes`` lets its nulls take fields back."""

    def __init__(self, *, shop: Shop, at: datetime, event_id: str, removes: bool) -> None:
        self.fields: Profile = {}
        self.ignored: list[str] = []
        self._shop = shop
        self._time = at
        self._at = microseconds(at)
        self._event_id = event_id
        self._removes = removes

    def read(self, form: CustomerForm) -> None:
        """Take over every field of the block that is usable."""
        region = self._shop.phone_region
        self._take("email", form.email, customer_ids.email)
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
            self.ignored.append(f"attributes beyond {ATTRIBUTES_MAX}")

    def consent(self, channel: str, form: ConsentForm) -> None:
        """Take over what was said of marketing on one channel; it counts from its own ``at``, if it names one."""
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
        self.fields[CONSENT + channel] = Stamped({"status": status, "method": method}, microseconds(at), self._event_id)

    def _take(self, field: str, value: str | int | None, normalise: Callable[[str], str]) -> None:
        if value == "":
            return
        if value is None:
            if self._removes:
                self._say(field, None)
            return
        try:
            self._say(field, normalise(str(value)))
        except ValueError:
            self.ignored.append(field)

    def _attribute(self, name: str, value: str | float | bool | None) -> None:
        text = str(value).lower() if isinstance(value, bool) else str(value)
        if not _ATTRIBUTE_NAME.fullmatch(name) or len(text) > ATTRIBUTE_MAX or not text.isprintable():
            self.ignored.append("attributes")
        elif value is None:
            if self._removes:
                self._say(ATTRIBUTE + name, None)
        elif _CARRIES_MAIL.search(text) or _CARRIES_PHONE.fullmatch(text.strip()):
            # Attributes go to every service; addresses live in one place.
            self.ignored.append("attributes")
        else:
            self._say(ATTRIBUTE + name, text)

    def _birthday(self, text: str) -> str:
        day = date.fromisoformat(text)
        if not date(1900, 1, 1) <= day <= self._time.date():
            raise ValueError("not a birthday")
        return day.isoformat()

    def _say(self, field: str, value: Value) -> None:
        self.fields[field] = Stamped(value, self._at, self._event_id)


def _name(text: str) -> str:
    name = text.strip()
    if not name or len(name) > NAME_MAX or any(ord(letter) < 32 or ord(letter) == 127 for letter in name):
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
