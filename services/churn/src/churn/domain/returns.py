"""Who comes back: a purchase that ends the silence of a customer who was told to be at risk or lost."""

from datetime import datetime
from typing import NamedTuple

from churn.domain.bands import band_at
from churn.domain.customer import Customer, Terms
from churn.domain.lifecycle import before_last_purchase, lifecycle_of
from churn.domain.purchases import Statistics
from mandegar.events.churn import BandCrossed, BandLeft, CustomerWonBack, LifecycleChanged
from mandegar.quantities import from_us, to_us


class Change(NamedTuple):
    """What to publish of a band or a lifecycle that was entered, or of all bands left, and the instant of it."""

    data: BandCrossed | BandLeft | LifecycleChanged | CustomerWonBack
    at: datetime


def won_back(customer: Customer, terms: Terms, known_at_us: int | None) -> list[Change]:
    """That a purchase has brought back who was told to be at risk or lost, when they had last bought at an instant.

    A model that judges otherwise, or a visit, does so without a purchase of a later day than was known until now. A
    return that was published is not published again when its order is cancelled and paid once more.
    """
    last = customer.statistics
    if customer.lifecycle != "won_back" or last is None or known_at_us is None:
        return []
    return _told_back(customer, last, terms, known_at_us)


def won_back_before(customer: Customer, terms: Terms, known_at_us: int | None) -> list[Change]:
    """The same of who is put together from all their orders: the latest return, if other purchases have followed it,
    too."""
    if customer.band != "healthy" or known_at_us is None:
        return []
    signals, known_day = customer.heard_by(terms.model), terms.days.day_of(known_at_us)
    for each in customer.look_back(terms.days).backwards():
        if each.last_day <= known_day:
            break
        if lifecycle_of("healthy", each, None, terms.model, terms.days, signals) == "won_back":
            return _told_back(customer, each, terms, known_at_us)
    return []


def _told_back(customer: Customer, last: Statistics, terms: Terms, known_at_us: int) -> list[Change]:
    """The return by the last purchase of these statistics, unless it was known or told before."""
    # The instant keeps its meaning in any zone, a day has one in its own only.
    if last.last_day <= terms.days.day_of(known_at_us):
        return []
    if customer.won_back_at is not None and last.last_day <= terms.days.day_of(to_us(customer.won_back_at)):
        return []
    before = before_last_purchase(last, terms.model, terms.days, customer.heard_by(terms.model))
    away, at = band_at(before, last.day_at_us), from_us(last.day_at_us)
    data = CustomerWonBack(
        previous="lost" if away.band == "lost" else "at_risk",
        away_since=from_us(away.since_us),
        won_back_at=at,
        silent_days=last.last_day - last.previous_day,
        model_version=terms.model.version,
        version=customer.version,
    )
    customer.won_back_at = at
    return [Change(data, at)]
