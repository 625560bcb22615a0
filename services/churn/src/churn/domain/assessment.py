"""A customer's risk at one instant, with everything that explains it: the answer of the routes."""

from collections.abc import Callable
from datetime import datetime
from decimal import Decimal
from functools import partial
from typing import NamedTuple

from churn.domain.bands import Crossing, Span, band_at, span_known
from churn.domain.customer import Customer
from churn.domain.forecast.words import Language
from churn.domain.model import Model
from churn.domain.prospect import Prospect, prospect_of
from churn.domain.purchases import Statistics
from churn.domain.reasons import reasons, rise_of
from churn.domain.signals.state import known_by
from churn.domain.standing import Standing, standing_of, standing_under
from churn.domain.value import value_at_risk
from mandegar.calendar import ShopDays
from mandegar.events.churn import Band, Reason
from mandegar.quantities import to_us


class Assessment(NamedTuple):
    """Risk = P(no purchase within the model's horizon), and everything that explains it.

    ``rise`` is by how much the risk's logit has risen since the last purchase (below 0 if visits or praise have brought
    it down): what the weights of the reasons add up to. ``prospect`` returns what is expected of the customer, which
    not every answer tells.

    ``value_at_risk`` is as of ``since_us``, when the customer entered the band: the value that was published then, and
    that a list of the band is sorted by.
    """

    risk: float
    rise: float
    band: Band
    since_us: int
    next: Crossing | None
    reasons: tuple[Reason, ...]
    value_at_risk: Decimal
    statistics: Statistics
    prospect: Callable[[], Prospect]


def assess(
    customer: Customer, model: Model, days: ShopDays, at: datetime, language: Language = "en"
) -> Assessment | None:
    """The assessment at an instant, in words of a language; None before the first purchase.

    From what is remembered, if it was computed under this model and calendar. Raises ``OrdersMissing``.
    """
    if customer.is_folded and customer.zone == days.zone.key:
        if customer.statistics is None:
            return None
        since = partial(_healthy_since, customer, model, days)
        standing = standing_under(customer.statistics, model, days, since, customer.heard_by(model))
        at_us = to_us(at)
        return _assessed(standing, at_us, language, _span_of_row(customer, standing, at_us))
    return _assessed(standing_of(customer.all_orders(), model, days, customer.heard_by(model)), to_us(at), language)


def assess_as_of(
    customer: Customer, model: Model, days: ShopDays, at: datetime, language: Language = "en"
) -> Assessment | None:
    """The assessment at an instant of which only orders paid and signals sent by then count, as when looking back.

    Raises ``OrdersMissing``.
    """
    at_us = to_us(at)
    signals = known_by(customer.heard_by(model), at_us)
    return _assessed(standing_of(customer.all_orders(), model, days, signals, at_us), at_us, language)


def _healthy_since(customer: Customer, model: Model, days: ShopDays) -> int:
    if customer.healthy_since is not None and customer.model_version == model.version:
        return customer.healthy_since
    if customer.statistics is not None and not customer.packed.is_complete and not customer.needs_older:
        # The row tells of another band than healthy, so it was written by a process whose clock was ahead.
        return customer.statistics.day_at_us
    return customer.look_back(days).healthy_since(model)


def _span_of_row(customer: Customer, standing: Standing, at_us: int) -> Span | None:
    """The span that the row of a customer tells, if it is still that of their purchases, model and time."""
    band, since, until = customer.band, customer.band_since, customer.due_at
    if band is None or since is None:
        return None
    return span_known(standing, band, to_us(since), None if until is None else to_us(until), at_us)


def _assessed(standing: Standing | None, at_us: int, language: Language, span: Span | None = None) -> Assessment | None:
    if standing is None:
        return None
    moment, span = standing.at(at_us), span or band_at(standing, at_us)
    return Assessment(
        risk=moment.risk,
        rise=rise_of(standing, moment),
        band=span.band,
        since_us=span.since_us,
        next=span.next,
        reasons=reasons(standing, moment, span.band, language),
        value_at_risk=value_at_risk(standing, standing.at(span.since_us)),
        statistics=standing.statistics,
        prospect=partial(prospect_of, standing, moment),
    )
