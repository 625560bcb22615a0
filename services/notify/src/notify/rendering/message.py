"""One message: the template of its journey, filled for one customer."""

from dataclasses import dataclass
from datetime import datetime, tzinfo
from typing import Any

from notify.domain.journey import Journey
from notify.domain.language import Language
from notify.rendering import formats
from notify.rendering.library import mail_template, sms_template

_NAME_IN_MAIL = 40
_NAME_IN_SMS = 20


@dataclass(frozen=True, slots=True)
class Recipient:
    """The customer as templates see them, without addresses. ``points`` and ``tier`` are None until posted."""

    name: str | None
    language: Language
    zone: tzinfo
    points: int | None
    tier: str | None
    last_order_at: datetime | None


@dataclass(frozen=True, slots=True)
class Sender:
    """The shop as its customers see it, and this customer's unsubscribe link."""

    shop_name: str
    site_url: str
    unsubscribe_url: str


@dataclass(frozen=True, slots=True)
class Mail:
    """A rendered mail without its addresses."""

    subject: str
    text: str
    html: str


@dataclass(frozen=True, slots=True)
class Sms:
    """A rendered SMS without its number."""

    text: str


def values(
    journey: Journey, facts: dict[str, Any], recipient: Recipient, sender: Sender, now: datetime
) -> dict[str, object]:
    """All values that a template of this journey may show; ``facts`` is the data of the triggering event."""
    longest = _NAME_IN_MAIL if journey.channel == "email" else _NAME_IN_SMS
    return {
        "name": formats.name(recipient.name, longest),
        "shop_name": formats.name(sender.shop_name, 80),
        "site_url": sender.site_url,
        "unsubscribe_url": sender.unsubscribe_url,
        "points": _points(facts.get("points"), recipient.points),
        "tier": recipient.tier,
        "last_order_at": _local(recipient.last_order_at, recipient.zone),
        "expires_at": _local(facts.get("expires_at"), recipient.zone),
        "offer": _offer(journey, recipient.zone, now),
    }


def render(journey: Journey, shown: dict[str, object], language: Language) -> Mail | Sms:
    """The message in a language. Raises jinja2's errors if the template names a value that ``shown`` does not have."""
    if journey.channel == "sms":
        return Sms(sms_template(journey.template, language).text(shown).strip())
    template = mail_template(journey.template, language)
    return Mail(
        subject=" ".join(template.subject(shown).split()),
        text=template.text(shown).strip() + "\n",
        html=template.html(shown),
    )


def _points(of_event: int | None, present: int | None) -> int | None:
    """The points of the event, but never more than the customer has now."""
    return min((points for points in (of_event, present) if points is not None), default=None)


def _local(instant: datetime | None, zone: tzinfo) -> datetime | None:
    return None if instant is None else instant.astimezone(zone)


def _offer(journey: Journey, zone: tzinfo, now: datetime) -> dict[str, object] | None:
    if journey.offer is None:
        return None
    return {
        "code": journey.offer.code,
        "amount": journey.offer.amount,
        "currency": journey.offer.currency,
        "until": (now + journey.offer.valid).astimezone(zone),
    }


def site_of(sender_email: str) -> str:
    """The address of a shop's site: the domain that it sends from."""
    return f"https://{sender_email.rpartition('@')[2]}/"
