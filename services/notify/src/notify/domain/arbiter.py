"""The one decision about a message, taken when it is about to go out: send, wait or withhold, with the reason."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta, tzinfo

from notify.domain import cap as caps
from notify.domain.cap import Cap
from notify.domain.consent import Status
from notify.domain.quiet_hours import QuietHours, next_allowed

RULES = {
    "too_late": "the journey's deadline has passed, or would pass before the message may go out",
    "exited": "the customer has bought since the trigger, which ends this journey",
    "nothing_bought": "no purchase of the customer stands any more: all were cancelled or refunded; or the customer, "
    "who had two ids, is not in the band that the message is about",
    "moved_on": "the customer is not in the stage, lifecycle or segment any more that the message is about",
    "no_longer_true": "the message would no longer be true: the customer has no points left",
    "no_address": "the customer has no address on this channel",
    "no_mobile_number": "the customer's phone number cannot receive SMS: it is not one of a mobile phone",
    "no_sender": "the shop has no sender for this channel; the message waits until there is one. Of SMS, the operator "
    "assigns it: sms_sender with PUT /v1/shops/{shop} at ingest, by a token for all shops",
    "sender_unverified": "the shop has not verified the domain of its sender address yet; the message waits for it",
    "no_consent": "the customer has not agreed to marketing on this channel",
    "no_zone": "neither the customer nor the shop has a valid time zone, so quiet hours cannot be observed",
    "cooldown": "the customer received a message of this journey too recently",
    "capped": "the customer has received the maximum number of marketing messages for this period",
    "address_already_written": "another customer of the shop has the same address, which has received this message, or "
    "the maximum number of marketing messages for this period",
    "sent_as_another": "the customer has received this message under another id, which has turned out to be theirs",
    "quiet_hours": "quiet hours in the customer's time zone; the message goes out after they end",
    "journey_gone": "the journey no longer exists",
    "refused_for_all": "the provider refuses most messages of this journey; it is asked again every 15 minutes",
    "shop_moves": "the shop moves to another installation, which sends what waits here",
    "shop_unknown": "the shop's settings have not arrived yet; the message waits for them",
    "not_rendered": "the template could not be filled with this customer's data",
    "not_decided": "the decision about this message failed; it is taken again every few minutes",
}


_SENDER_RETRY = timedelta(minutes=15)
# How long one address, or one person, does not get the same message under another customer id, at least.
ONE_COPY = timedelta(days=1)
# The same of a message about a stage, lifecycle or segment: the person is told to be there again when two ids merge.
ONE_COPY_OF_A_PLACE = timedelta(days=30)


@dataclass(frozen=True, slots=True)
class Policy:
    """The limits on marketing: quiet hours and cap, None where there is no such limit."""

    quiet: QuietHours | None
    cap: Cap | None


@dataclass(frozen=True, slots=True)
class Case:
    """All that a decision depends on.

    ``sent`` and ``journey_sent`` are the instants of messages that may have arrived, ``sent_to_address`` and
    ``journey_sent_to_address`` of those that may have arrived at the address under another customer id,
    ``journey_sent_as_another`` of those that were started under another id of the same person, which are not repeated
    for ``one_copy``; ``untrue``: the customer no longer has what the message is about; ``nothing_bought``: it is about
    purchases, and none is left; ``moved_on``: the customer has left the stage, lifecycle or segment that it is about;
    ``is_transactional``: the customer has just asked for the message.
    """

    no_later_than: datetime
    exited: bool
    nothing_bought: bool
    untrue: bool
    has_sender: bool
    sender_verified: bool
    has_address: bool
    can_receive: bool
    consent: Status
    zone: tzinfo | None
    cooldown: timedelta
    sent: Sequence[datetime]
    journey_sent: Sequence[datetime]
    spread: timedelta
    moved_on: bool = False
    is_transactional: bool = False
    journey_sent_as_another: Sequence[datetime] = ()
    one_copy: timedelta = ONE_COPY
    sent_to_address: Sequence[datetime] = ()
    journey_sent_to_address: Sequence[datetime] = ()


@dataclass(frozen=True, slots=True)
class Allow:
    """The message may go out now."""


@dataclass(frozen=True, slots=True)
class Wait:
    """Not before ``until``; the arbiter decides again then."""

    until: datetime
    code: str


@dataclass(frozen=True, slots=True)
class Withhold:
    """The message never goes out; ``code`` is stable and a key of ``RULES``."""

    code: str


Decision = Allow | Wait | Withhold


def decide(case: Case, policy: Policy, now: datetime) -> Decision:
    """The decision about one message at ``now``; the first rule that objects gives the reason.

    Consent to marketing, quiet hours, cooldown and cap are about marketing alone.
    """
    code = _objection(case, now)
    if code is not None:
        return Withhold(code)
    if case.zone is None:
        return Withhold("no_zone")
    if not (case.has_sender and case.sender_verified):
        code, until = "sender_unverified" if case.has_sender else "no_sender", now + _SENDER_RETRY
        return Wait(until, code) if until < case.no_later_than else Withhold(code)
    if case.is_transactional:
        return Allow()
    allowed = next_allowed(now, case.zone, policy.quiet)
    if allowed > now:
        if allowed >= case.no_later_than:
            return Withhold("too_late")
        return Wait(min(allowed + case.spread, case.no_later_than - timedelta(seconds=1)), "quiet_hours")
    if any(now - instant < case.cooldown for instant in case.journey_sent):
        return Withhold("cooldown")
    if any(now - instant < case.one_copy for instant in case.journey_sent_as_another):
        return Withhold("sent_as_another")
    if caps.is_reached(policy.cap, case.sent, now):
        return Withhold("capped")
    if _is_written(case, policy, now):
        return Withhold("address_already_written")
    return Allow()


def _is_written(case: Case, policy: Policy, now: datetime) -> bool:
    """Whether the address has had this message, or its share of messages, under another customer id."""
    if any(now - instant < max(case.cooldown, ONE_COPY) for instant in case.journey_sent_to_address):
        return True
    return bool(case.sent_to_address) and caps.is_reached(policy.cap, [*case.sent, *case.sent_to_address], now)


def _objection(case: Case, now: datetime) -> str | None:
    objections = (
        ("exited", case.exited),
        ("nothing_bought", case.nothing_bought),
        ("moved_on", case.moved_on),
        ("no_longer_true", case.untrue),
        ("too_late", now >= case.no_later_than),
        ("no_address", not case.has_address),
        ("no_mobile_number", not case.can_receive),
        ("no_consent", case.consent != "granted" and not case.is_transactional),
    )
    return next((code for code, holds in objections if holds), None)
