"""One message: the template of its journey, filled for one customer."""

from dataclasses import dataclass
from datetime import datetime, timedelta, tzinfo
from typing import Any, Final

from mandegar.quantities import lenient_decimal
from notify.domain.consent import ChannelName
from notify.domain.journey import Journey
from notify.domain.language import Language
from notify.rendering import names
from notify.rendering.bidi import directed
from notify.rendering.library import mail_template, sms_template

# The longest names of a customer and a shop, by channel; a longer one is cut to its first word.
_CUSTOMER_NAME: Final[dict[ChannelName, int]] = {"email": 40, "sms": 20}
_SHOP_NAME: Final[dict[ChannelName, int]] = {"email": 200, "sms": 80}
# So that a code fits into one part of an SMS.
_TILL_NAME: Final = 15
_INSTANT = timedelta(microseconds=1)


@dataclass(frozen=True, slots=True)
class Recipient:
    """The customer as templates see them, without addresses. ``points`` and ``tier`` are None until posted.

    ``stops_by_reply`` is true if the customer's operator stops marketing SMS when they reply 11.
    """

    name: str | None
    language: Language
    zone: tzinfo
    points: int | None
    tier: str | None
    last_order_at: datetime | None
    stops_by_reply: bool


@dataclass(frozen=True, slots=True)
class Sender:
    """The shop as its customers see it, and this customer's unsubscribe link.

    ``site_url`` is empty if the shop has no sender address of its own: then the installation's is used, whose domain is
    not the shop's, and whose mailbox the shop does not read.
    """

    shop_name: str
    site_url: str
    unsubscribe_url: str
    zone: tzinfo


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
    channel = journey.channel
    # An event tells of its order, which the customer's own may not have reached yet.
    ordered_at = facts.get("last_order_at") or facts.get("won_back_at") or recipient.last_order_at
    present = facts.get("points") if journey.is_transactional else recipient.points
    of_a_till = {}
    if "code" in facts:
        name = names.one_line(sender.shop_name, _TILL_NAME)
        of_a_till = {
            "code": facts["code"],
            "shop": name,
            "reward": facts.get("reward"),
            "credit": None if facts.get("credit") is None else lenient_decimal(facts["credit"]),
            "currency": facts.get("currency"),
        }
    return of_a_till | {
        "name": names.of_a_person(recipient.name, _CUSTOMER_NAME[channel]),
        "shop_name": names.one_line(sender.shop_name, _SHOP_NAME[channel]),
        "site_url": sender.site_url,
        "unsubscribe_url": sender.unsubscribe_url,
        "stops_by_reply": recipient.stops_by_reply,
        "points": _points(facts.get("points"), present),
        "tier": recipient.tier and names.one_line(recipient.tier, _SHOP_NAME[channel]),
        "last_order_at": _last_order(ordered_at, recipient.zone),
        "last_day": _last_day(facts.get("expires_at"), recipient, sender),
        "offer": _offer(journey, recipient, sender, now),
    }


def render(journey: Journey, shown: dict[str, object], language: Language) -> Mail | Sms:
    """The message in a language. Raises jinja2's errors if the template names a value that ``shown`` does not have."""
    if journey.channel == "sms":
        return Sms(directed(sms_template(journey.template, language).text(shown).strip(), language))
    template = mail_template(journey.template, language)
    return Mail(
        subject=directed(" ".join(template.subject(shown).split()), language),
        text=directed(template.text(shown).strip(), language) + "\n",
        html=template.html(shown),
    )


def _points(of_event: int | None, present: int | None) -> int | None:
    """The points of the event, but never more than the customer has now."""
    return min((points for points in (of_event, present) if points is not None), default=None)


def _last_order(at: datetime | None, zone: tzinfo) -> datetime | None:
    return at and at.astimezone(zone)


def _last_day(end: datetime | None, recipient: Recipient, sender: Sender) -> datetime | None:
    """An instant of the last day before ``end``, in the zone whose day it is.

    Points end at midnights of the shop, whose day is the one of its terms. A reader whose clock is behind the shop's by
    more than a day is told their own day: theirs is over before the shop's begins.
    """
    if end is None:
        return None
    last = end - _INSTANT
    return min((last.astimezone(zone) for zone in (sender.zone, recipient.zone)), key=datetime.date)


def _offer(journey: Journey, recipient: Recipient, sender: Sender, now: datetime) -> dict[str, object] | None:
    if journey.offer is None:
        return None
    return {
        "code": journey.offer.code,
        "amount": journey.offer.amount,
        "currency": journey.offer.currency,
        "last_day": _last_day(now + journey.offer.valid, recipient, sender),
    }


def site_of(sender_email: str) -> str:
    """The address of a shop's site: the domain that it sends from."""
    return f"https://{sender_email.rpartition('@')[2]}/"
