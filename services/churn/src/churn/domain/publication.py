"""What is published of a customer's band, and when: each change once, dated at its true instant."""

from datetime import datetime
from typing import NamedTuple

from churn.domain.bands import BANDS, Crossing, band_at, crossing
from churn.domain.customer import Customer, Terms
from churn.domain.reasons import reasons
from churn.domain.standing import Standing, standing_of
from churn.domain.value import value_at_risk
from mandegar.events.churn import BandCrossed, BandLeft
from mandegar.quantities import from_us, to_us


class Change(NamedTuple):
    """What to publish of a band that was entered, or of all bands left, and the instant of it."""

    data: BandCrossed | BandLeft
    at: datetime


def pass_time(customer: Customer, terms: Terms, now: datetime) -> list[Change]:
    """Enter every band whose line silence has crossed by ``now``, one after the other; the next crossing is due."""
    standing = standing_of(customer.orders, terms.model, terms.days)
    if standing is None or customer.band is None:
        return recompute(customer, terms, now)
    changes = []
    customer.due_at = None
    for line in range(BANDS.index(customer.band), len(terms.model.drops)):
        coming = crossing(standing, line)
        if coming is None:
            break
        at = from_us(coming.at_us)
        if at > now:
            customer.due_at = at
            break
        changes.append(_enter(customer, standing, terms, coming))
    return changes


def recompute(customer: Customer, terms: Terms, now: datetime) -> list[Change]:
    """Compute a customer from their orders; the change, if the band at ``now`` is another than the one published."""
    standing = standing_of(customer.orders, terms.model, terms.days)
    healthy_before_last = _healthy_before_last(customer, standing, terms)
    customer.note(None if standing is None else standing.statistics, terms)
    if standing is None:
        return _leave(customer, terms, now)
    span = band_at(standing, to_us(now), healthy_before_last=healthy_before_last)
    customer.due_at = None if span.next is None else from_us(span.next.at_us)
    if span.band != customer.band:
        return [_enter(customer, standing, terms, Crossing(span.band, span.since_us))]
    customer.band_since = from_us(span.since_us)
    customer.value_at_risk = value_at_risk(standing, standing.at(span.since_us))
    return []


def _healthy_before_last(customer: Customer, standing: Standing | None, terms: Terms) -> int | None:
    """Since when a healthy customer was so, if all that is new is one purchase after the others."""
    if standing is None or customer.band != "healthy" or customer.band_since is None or not customer.is_under(terms):
        return None
    added = (customer.x, customer.first_day) == (standing.statistics.x - 1, standing.statistics.first_day)
    return to_us(customer.band_since) if added and customer.last_day == standing.bought[-2].day else None


def _leave(customer: Customer, terms: Terms, now: datetime) -> list[Change]:
    """Take a customer without a purchase out of all bands; the facts do not tell since when, so it is dated ``now``."""
    previous = customer.band
    customer.band = customer.band_since = customer.value_at_risk = customer.due_at = None
    if previous is None:
        return []
    customer.version += 1
    left = BandLeft(previous=previous, left_at=now, model_version=terms.model.version, version=customer.version)
    return [Change(left, now)]


def _enter(customer: Customer, standing: Standing, terms: Terms, into: Crossing) -> Change:
    at, moment = from_us(into.at_us), standing.at(into.at_us)
    previous, customer.band = customer.band, into.band
    customer.band_since = at
    customer.value_at_risk = value_at_risk(standing, moment)
    customer.version += 1
    crossed = BandCrossed(
        band=into.band,
        previous=previous,
        crossed_at=at,
        risk=moment.odds.risk,
        horizon_days=terms.model.horizon_days,
        value_at_risk=customer.value_at_risk,
        currency=terms.currency,
        model_version=terms.model.version,
        version=customer.version,
        reasons=reasons(standing, moment, into.band),
        last_order_at=from_us(standing.statistics.last_at_us),
    )
    return Change(crossed, at)
