"""The one decision about a message, taken when it is about to go out: send it, wait, or withhold it and say why."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta, tzinfo

from notify.domain import cap as caps
from notify.domain.cap import Cap
from notify.domain.consent import Status
from notify.domain.quiet_hours import QuietHours, next_allowed

RULES = {
    "too_late": "its time is over: it would have been of use until then only",
    "exited": "the customer bought again after the trigger, so there is no need for it",
    "no_longer_true": "what it would say no longer holds: the points are spent or gone",
    "no_address": "no address is known for this channel",
    "no_sender": "the shop has no sender for this channel",
    "no_consent": "the customer has not agreed to marketing on this channel",
    "no_zone": "the customer's time zone is not known, nor the shop's",
    "cooldown": "this journey wrote to the customer a short while ago",
    "capped": "the customer got as many messages as the cap allows",
    "quiet_hours": "it is night where the customer lives; it goes out in the morning",
    "journey_gone": "its journey no longer exists",
    "shop_unknown": "the shop's settings have not arrived yet",
    "not_rendered": "the template could not be filled for this customer",
}


@dataclass(frozen=True, slots=True)
class Policy:
    """What a shop allows: its quiet hours and its cap (None: none)."""

    quiet: QuietHours | None
    cap: Cap | None


@dataclass(frozen=True, slots=True)
class Case:
    """All that it depends on. ``sent`` and ``journey_sent`` are the instants of messages that may have arrived."""

    no_later_than: datetime
    exited: bool
    untrue: bool
    has_sender: bool
    has_address: bool
    consent: Status
    zone: tzinfo | None
    cooldown: timedelta
    sent: Sequence[datetime]
    journey_sent: Sequence[datetime]
    spread: timedelta


@dataclass(frozen=True, slots=True)
class Send:
    """It may go out now."""


@dataclass(frozen=True, slots=True)
class Wait:
    """Not before ``until``; then everything is asked again."""

    until: datetime
    code: str


@dataclass(frozen=True, slots=True)
class Withhold:
    """It never goes out; ``code`` is stable and a key of ``RULES``."""

    code: str


Decision = Send | Wait | Withhold


def decide(case: Case, policy: Policy, now: datetime) -> Decision:
    """What happens to one marketing message at ``now``; the first rule that objects names the reason."""
    code = _objection(case, now)
    if code is not None:
        return Withhold(code)
    if case.zone is None:
        return Withhold("no_zone")
    allowed = next_allowed(now, case.zone, policy.quiet)
    if allowed > now:
        if allowed >= case.no_later_than:
            return Withhold("too_late")
        return Wait(min(allowed + case.spread, case.no_later_than - timedelta(seconds=1)), "quiet_hours")
    if any(now - instant < case.cooldown for instant in case.journey_sent):
        return Withhold("cooldown")
    if caps.is_reached(policy.cap, case.sent, now):
        return Withhold("capped")
    return Send()


def _objection(case: Case, now: datetime) -> str | None:
    objections = (
        ("exited", case.exited),
        ("no_longer_true", case.untrue),
        ("too_late", now >= case.no_later_than),
        ("no_address", not case.has_address),
        ("no_sender", not case.has_sender),
        ("no_consent", case.consent != "granted"),
    )
    return next((code for code, holds in objections if holds), None)
