"""Contracts and trials of customers: for which span they run, and for how much."""

from calendar import monthrange
from datetime import UTC, date, datetime, time, timedelta
from typing import Literal
from zoneinfo import ZoneInfo

from ingest.domain.act_words import label
from ingest.domain.amounts import factor, money
from ingest.domain.contract_forms import SubscriptionEndForm, SubscriptionForm, TrialEndForm, TrialForm
from ingest.domain.customer_ids import own_id
from ingest.domain.event_time import ahead_of, event_time
from ingest.domain.opening import LATEST, end_of
from ingest.domain.outcomes import Refused
from ingest.domain.pseudonyms import Pseudonyms
from ingest.domain.sources import Source
from mandegar.events.contracts import PERIOD_MAX, SubscriptionEnded, SubscriptionPaid, TrialEnded, TrialStarted

Unit = Literal["months", "days"]
_LIMITS: dict[Unit, int] = {"months": 120, "days": PERIOD_MAX}


def paid(
    form: SubscriptionForm, source: Source, names: Pseudonyms, written: datetime, now: datetime, left_out: list[str]
) -> SubscriptionPaid:
    period, unit = _period(form)
    starts_at, ends_at = _span(form, source.shop.zone, min(written, now))
    return SubscriptionPaid(
        subscription_id=names.of_order(own_id(form.subscription_id, "data.subscription_id")),
        currency=source.shop.currency,
        amount=money(form.amount, "data.amount", factor(form.currency, source)),
        period=period,
        unit=unit,
        starts_at=starts_at,
        ends_at=ends_at,
        plan=label(form.plan, "data.plan", names, left_out),
        written_at=ahead_of(written, now),
    )


def ended(
    form: SubscriptionEndForm, source: Source, names: Pseudonyms, written: datetime, now: datetime, _: list[str]
) -> SubscriptionEnded:
    return SubscriptionEnded(
        subscription_id=names.of_order(own_id(form.subscription_id, "data.subscription_id")),
        ends_at=None if form.ends_at in (None, "") else end_of(form.ends_at, "data.ends_at", source.shop.zone)[1],
        written_at=ahead_of(written, now),
    )


def trial(
    form: TrialForm, source: Source, names: Pseudonyms, written: datetime, now: datetime, left_out: list[str]
) -> TrialStarted:
    starts_at, ends_at = _span(form, source.shop.zone, min(written, now))
    return TrialStarted(
        trial_id=names.of_order(own_id(form.trial_id, "data.trial_id")),
        starts_at=starts_at,
        ends_at=ends_at,
        plan=label(form.plan, "data.plan", names, left_out),
        written_at=ahead_of(written, now),
    )


def trial_ended(
    form: TrialEndForm, source: Source, names: Pseudonyms, written: datetime, now: datetime, _: list[str]
) -> TrialEnded:
    at = None if form.at in (None, "") else event_time(form.at, zone=source.shop.zone, now=now, field="data.at")
    trial_id = names.of_order(own_id(form.trial_id, "data.trial_id"))
    return TrialEnded(trial_id=trial_id, at=at, converted=form.converted, written_at=ahead_of(written, now))


def _span(form: SubscriptionForm | TrialForm, zone: ZoneInfo, at: datetime) -> tuple[datetime, datetime]:
    """When it starts, and until when it runs: for the period if no end is stated."""
    starts_at = at if form.starts_at in (None, "") else _start(form.starts_at, zone)
    if form.ends_at in (None, ""):
        period, unit = _period(form)
        ends_at = _later(starts_at, period, unit, zone)
    else:
        ends_at = end_of(form.ends_at, "data.ends_at", zone)[1]
    if ends_at <= starts_at:
        raise Refused("invalid_data", "data.ends_at must be after data.starts_at, which defaults to the event's time")
    if ends_at >= LATEST:
        raise Refused("bad_time", "data.ends_at must be before 2200; without it, that is where the period ends")
    return starts_at, ends_at


def _period(form: SubscriptionForm | TrialForm) -> tuple[int, Unit]:
    stated: dict[Unit, int] = {}
    if form.months is not None:
        stated["months"] = form.months
    if form.days is not None:
        stated["days"] = form.days
    for unit, number in stated.items():
        if len(stated) == 1 and 1 <= number <= _LIMITS[unit]:
            return number, unit
    raise Refused(
        "invalid_data",
        f"data needs one of months, from 1 to {_LIMITS['months']}, and days, from 1 to {_LIMITS['days']}",
    )


def _start(written: str | float | None, zone: ZoneInfo) -> datetime:
    """The instant, or the midnight with which a day of the shop begins."""
    day, instant = end_of(written, "data.starts_at", zone)
    return instant if day is None else datetime.combine(day, time.min, tzinfo=zone).astimezone(UTC)


def _later(instant: datetime, period: int, unit: Unit, zone: ZoneInfo) -> datetime:
    """So much later, at the same hour of the shop: a month after the 31st is the last day of the next month."""
    local = instant.astimezone(zone)
    if unit == "days":
        day = local.date() + timedelta(days=period)
    else:
        year, month = divmod(local.year * 12 + local.month - 1 + period, 12)
        day = date(year, month + 1, min(local.day, monthrange(year, month + 1)[1]))
    return datetime.combine(day, local.time(), tzinfo=zone).astimezone(UTC)
