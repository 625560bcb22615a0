"""What is published of a customer's band and lifecycle, and when: each change once, dated at its true instant."""

from datetime import datetime
from decimal import Decimal
from functools import partial
from typing import Final

from churn.domain.absorbed import absorbed
from churn.domain.bands import BANDS, Crossing, Span, band_at, crossing, passed_into, quiet_until
from churn.domain.customer import Customer, Terms
from churn.domain.customer_turnover import count, follow_turnover, recount
from churn.domain.facts import Turn
from churn.domain.health import Purchased, reached_first_line
from churn.domain.lifecycle import AWAY, lifecycle_of
from churn.domain.purchases import Paid, Statistics
from churn.domain.reasons import reasons
from churn.domain.returns import Change, won_back
from churn.domain.standing import Moment, Standing, standing_under
from churn.domain.value import list_keys, value_at_risk
from mandegar.events.churn import BandCrossed, BandLeft, Lifecycle, LifecycleChanged
from mandegar.quantities import from_us, to_us

# A computed crossing is nearer to its line than what a second changes.
_MARGIN_US: Final = 1_000_000


def follow(customer: Customer, turn: Turn, terms: Terms) -> None:
    """Bring what is remembered behind a change of one order, without the others if possible."""
    name, before, after = turn
    follow_turnover(customer, turn, terms.days)
    if customer.past is not None:
        customer.past.change(name, before, after)
    was_current, customer.is_due_current = customer.is_due_current, False
    if not customer.is_folded:
        return
    previous, following = customer.statistics, absorbed(customer.statistics, before, after, terms.days)
    if following is None:
        customer.is_folded, customer.healthy_since = False, None
        return
    customer.statistics = following
    if customer.backfill_until is not None:
        customer.healthy_since = None  # nobody needs it while history comes in, and the next model gives another
    elif previous is None or following.last_day > previous.last_day:
        is_quiet = was_current and not _may_hear(terms) and _is_quiet_at(customer, following.day_at_us)
        if previous is None or (not is_quiet and _reached_first_line(previous, following.day_at_us, terms)):
            customer.healthy_since = following.day_at_us
    elif following.day_at_us < previous.day_at_us:
        customer.healthy_since = None if following.x else following.day_at_us
    elif _changes_an_earlier_purchase(before, after, following, terms):
        customer.healthy_since = None


def _may_hear(terms: Terms) -> bool:
    """Whether what is due may be another than by purchases alone, by which it is judged since when of health."""
    return terms.model.numbers.signals is not None


def _is_quiet_at(customer: Customer, at_us: int) -> bool:
    """Whether silence has surely reached no line by an instant: well before the row's next crossing."""
    return customer.band == "healthy" and customer.due_at is not None and at_us < to_us(customer.due_at) - _MARGIN_US


def _reached_first_line(statistics: Statistics, next_at_us: int, terms: Terms) -> bool:
    purchased = Purchased(statistics.rhythm, statistics.net, statistics.last_day)
    return reached_first_line(purchased, terms.model, terms.days, next_at_us)


def _changes_an_earlier_purchase(before: Paid | None, after: Paid | None, statistics: Statistics, terms: Terms) -> bool:
    """Whether an order of a day before the last one has another value: the silences since then are judged by it."""
    changed = after or before
    return changed is not None and terms.days.day_of(changed.at_us) < statistics.last_day


def turn_to(customer: Customer, terms: Terms) -> None:
    """Forget what was remembered under other terms: statistics of another zone's days, health by another model."""
    zone, version = terms.days.zone.key, terms.model.version
    if not customer.is_under(terms):
        customer.is_due_current = False
    if customer.zone != zone:
        customer.zone, customer.is_folded = zone, not (customer.packed or customer.orders)
        recount(customer)
    if customer.model_version != version:
        customer.model_version, customer.healthy_since = version, None


def fold(customer: Customer, terms: Terms) -> None:
    """Have the statistics under these terms, from all orders only if they are not remembered."""
    turn_to(customer, terms)
    if not customer.is_folded:
        customer.statistics, customer.healthy_since = customer.look_back(terms.days).statistics(), None
        customer.is_folded = True
    count(customer, terms.days)
    folded = customer.statistics
    customer.x, customer.first_day, customer.last_day = (None, None, None) if folded is None else folded[:3]


def pass_time(customer: Customer, terms: Terms, now: datetime) -> list[Change]:
    """Enter every band whose line silence has crossed by ``now``, one after the other; the next crossing is due."""
    fold(customer, terms)
    standing = _standing(customer, terms)
    if standing is None or customer.band is None:
        return recompute(customer, terms, now)
    if customer.lifecycle is None:
        customer.lifecycle = _lifecycle(customer, terms)
    changes: list[Change] = []
    customer.due_at, customer.is_due_current = None, True
    if customer.band == "healthy" and (quiet := _quiet_after(standing, now)) is not None:
        customer.due_at = from_us(quiet)
        return []
    for line in range(BANDS.index(customer.band), len(standing.lines)):
        coming = crossing(standing, line)
        if coming is None:
            break
        at = from_us(coming.at_us)
        if at > now:
            customer.due_at = at
            break
        changes += _enter(customer, standing, terms, coming)
    return changes


def recompute(customer: Customer, terms: Terms, now: datetime) -> list[Change]:
    """Compute a customer from their statistics; what changes, if band or lifecycle are others than published."""
    fold(customer, terms)
    standing = _standing(customer, terms)
    if standing is None:
        return _leave(customer, terms, now)
    customer.is_due_current = True
    if (quiet := _quiet_after(standing, now)) is not None:
        span = Span("healthy", standing.healthy_since(), None)
        customer.due_at = from_us(quiet)
    else:
        span = band_at(standing, to_us(now))
        customer.due_at = None if span.next is None else from_us(span.next.at_us)
    if span.band != customer.band:
        changes = _enter(customer, standing, terms, Crossing(span.band, span.since_us))
    else:
        customer.band_since = from_us(span.since_us)
        stake = _set_values(customer, standing, standing.at(span.since_us))
        changes = _turn_into(customer, standing, terms, stake)
    customer.known_at_us = standing.statistics.last_at_us
    return changes


def _quiet_after(standing: Standing, now: datetime) -> int | None:
    """An instant after ``now`` before which no line is crossed, if there is a cheap one."""
    quiet = quiet_until(standing)
    return None if quiet is None or to_us(now) >= quiet else quiet


def stays(customer: Customer, terms: Terms, now: datetime) -> bool:
    """Whether ``recompute`` would publish nothing; cheap, for what more events of the same batch follow."""
    fold(customer, terms)
    if customer.statistics is None:
        is_same = customer.band is None
    elif to_us(now) < customer.statistics.silent_from_us:
        is_same = customer.band == "healthy"
    else:
        standing = _standing(customer, terms)
        is_same = standing is not None and customer.band == passed_into(standing, to_us(now))
    if not is_same or _lifecycle(customer, terms) != customer.lifecycle:
        return False
    customer.known_at_us = customer.last_order_us
    return True


def _standing(customer: Customer, terms: Terms) -> Standing | None:
    if customer.statistics is None:
        return None
    since = partial(_healthy_since, customer, terms)
    return standing_under(customer.statistics, terms.model, terms.days, since, customer.heard_by(terms.model))


def _healthy_since(customer: Customer, terms: Terms) -> int:
    """The start of the healthy span of the last purchase: remembered, or found in all orders."""
    if customer.healthy_since is None:
        customer.healthy_since = customer.look_back(terms.days).healthy_since(terms.model)
    return customer.healthy_since


def _leave(customer: Customer, terms: Terms, now: datetime) -> list[Change]:
    """Take a customer without a purchase out of all bands; the facts do not tell since when, so it is dated ``now``."""
    previous = customer.band
    customer.band = customer.band_since = customer.value_at_risk = customer.due_at = customer.lifecycle = None
    if previous is None:
        return []
    customer.version += 1
    left = BandLeft(previous=previous, left_at=now, model_version=terms.model.version, version=customer.version)
    return [Change(left, now)]


def _set_values(customer: Customer, standing: Standing, moment: Moment) -> Decimal:
    """Set what lists are sorted by, as of the crossing into the band; returns the value at risk, which alone is of who
    is healthy, too."""
    customer.value_at_risk = stake = value_at_risk(standing, moment)
    customer.list_keys = None if customer.band == "healthy" else list_keys(standing, moment)
    return stake


def _enter(customer: Customer, standing: Standing, terms: Terms, into: Crossing) -> list[Change]:
    at, moment = from_us(into.at_us), standing.at(into.at_us)
    told_at, risk, bought_us = at, moment.risk, standing.statistics.day_at_us
    if into.band == "healthy" and terms.model.numbers.signals is not None and bought_us > into.at_us:
        # By purchases alone healthy for longer; but what was published of a complaint was true until this purchase.
        told_at, risk = from_us(bought_us), standing.at(bought_us).risk
    previous, customer.band = customer.band, into.band
    customer.band_since, customer.lifecycle = at, _lifecycle(customer, terms)
    stake = _set_values(customer, standing, moment)
    customer.version += 1
    crossed = BandCrossed(
        band=into.band,
        previous=previous,
        crossed_at=told_at,
        risk=risk,
        horizon_days=terms.model.horizon_days,
        value_at_risk=stake,
        currency=terms.currency,
        model_version=terms.model.version,
        version=customer.version,
        reasons=reasons(standing, moment, into.band),
        last_order_at=from_us(standing.statistics.last_at_us),
        lifecycle=customer.lifecycle,
    )
    back = won_back(customer, terms, customer.known_at_us) if previous in AWAY else []
    return [Change(crossed, told_at), *back]


def _lifecycle(customer: Customer, terms: Terms) -> Lifecycle | None:
    signals = customer.heard_by(terms.model)
    return lifecycle_of(customer.band, customer.statistics, customer.healthy_since, terms.model, terms.days, signals)


def _turn_into(customer: Customer, standing: Standing, terms: Terms, stake: Decimal) -> list[Change]:
    """The change of a lifecycle while the band stays; silent where an earlier release has published none."""
    previous, customer.lifecycle = customer.lifecycle, _lifecycle(customer, terms)
    if previous is None or customer.lifecycle is None or customer.band is None or customer.band_since is None:
        return []
    if customer.lifecycle == previous:
        return []
    customer.version += 1
    at = from_us(standing.statistics.day_at_us)
    data = LifecycleChanged(
        lifecycle=customer.lifecycle,
        previous=previous,
        changed_at=at,
        band=customer.band,
        band_since=customer.band_since,
        value_at_risk=stake,
        currency=terms.currency,
        model_version=terms.model.version,
        version=customer.version,
    )
    return [Change(data, at)]
