"""What is published of a customer's band, and when: each change once, dated at its true instant."""

from datetime import datetime
from typing import NamedTuple

from churn.domain.bands import BANDS, Crossing, Standing, crossing, standing
from churn.domain.customer import Customer, Known, Terms
from churn.domain.purchases import from_us, silence_weeks, to_us
from churn.domain.reasons import reasons
from churn.domain.score import odds
from churn.domain.value import value_at_risk
from mandegar.events.churn import BandCrossed


class Change(NamedTuple):
    """A band to publish, and the instant at which it was entered."""

    crossed: BandCrossed
    at: datetime


def pass_time(customer: Customer, terms: Terms, now: datetime) -> list[Change]:
    """Publish every line that silence crossed by ``now``, one after the other, and note the next."""
    known = customer.known(terms)
    if known is None or customer.band is None:
        return [] if known is None else present(customer, terms, now)
    changes = []
    along = terms.model.curve_of(known.statistics)
    customer.due_at = None
    for line in range(BANDS.index(customer.band), len(terms.model.drops)):
        coming = crossing(known.statistics, terms.model, along, line)
        if coming is None:
            break
        at = from_us(coming.at_us)
        if at > now:
            customer.due_at = at
            break
        changes.append(_enter(customer, known, terms, coming))
    return changes


def present(customer: Customer, terms: Terms, now: datetime) -> list[Change]:
    """Recompute a customer from their orders and publish the present band if it is another than the last one."""
    known = customer.known(terms)
    before_last = _healthy_before(customer, known, terms)
    note_terms(customer, known, terms)
    if known is None:
        customer.band = customer.band_since = customer.value_at_risk = customer.due_at = None
        return []
    stands = standing(known.bought, known.statistics, terms.model, terms.zone, to_us(now), before_last=before_last)
    customer.due_at = None if stands.next is None else from_us(stands.next.at_us)
    if stands.band != customer.band:
        return [_enter(customer, known, terms, Crossing(stands.band, stands.since_us))]
    _note_band(customer, known, terms, stands)
    return []


def note_terms(customer: Customer, known: Known | None, terms: Terms) -> None:
    """Stamp the customer with the terms of a computation and with what the next fit counts."""
    customer.model_version, customer.zone = terms.model.version, terms.zone.key
    if known is None:
        customer.x = customer.first_day = customer.last_day = None
    else:
        counted = known.statistics
        customer.x, customer.first_day, customer.last_day = counted.x, counted.first_day, counted.last_day


def _healthy_before(customer: Customer, known: Known | None, terms: Terms) -> int | None:
    """Since when a healthy customer was so, if all that is new is one purchase behind the others."""
    if known is None or customer.band != "healthy" or customer.band_since is None or not customer.is_under(terms):
        return None
    folded = known.statistics
    added = (customer.x, customer.first_day) == (folded.x - 1, folded.first_day)
    return to_us(customer.band_since) if added and customer.last_day == known.bought[-2].day else None


def _note_band(customer: Customer, known: Known, terms: Terms, stands: Standing) -> None:
    customer.band_since = from_us(stands.since_us)
    customer.value_at_risk = value_at_risk(known.statistics, terms.model, stands.since_us)


def _enter(customer: Customer, known: Known, terms: Terms, into: Crossing) -> Change:
    at = from_us(into.at_us)
    model, counted = terms.model, known.statistics
    previous, customer.band = customer.band, into.band
    customer.band_since = at
    customer.value_at_risk = value_at_risk(counted, model, into.at_us)
    customer.version += 1
    crossed = BandCrossed(
        band=into.band,
        previous=previous,
        crossed_at=at,
        risk=odds(model.curve_of(counted), silence_weeks(counted, into.at_us)).risk,
        horizon_days=model.horizon_days,
        value_at_risk=customer.value_at_risk,
        currency=terms.currency,
        model_version=model.version,
        version=customer.version,
        reasons=reasons(counted, model, into.at_us),
    )
    return Change(crossed, at)
