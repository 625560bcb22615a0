"""The events that churn publishes: ``band.crossed`` for each change of band, ``band.left`` when no purchase is left.

And, when customers turn out to be one: ``band.left`` of an alias, ``band.restated`` of the root.
"""

from datetime import datetime

from churn import NAME
from churn.domain.customer import Customer, Terms
from churn.domain.publication import Change
from mandegar.events import CustomerKey, Event
from mandegar.events.churn import BandCrossed, BandLeft, BandRestated
from mandegar.events.derived import Due, derived_event
from mandegar.quantities import from_us


def changed_by_act(change: Change, act: Event, now: datetime) -> Event:
    """The change of band that an act of the customer has caused."""
    return derived_event(NAME, _type(change), change.data, about=act.customer, cause=act, now=now, time=change.at)


def changed_by_time(change: Change, customer: Customer, now: datetime) -> Event:
    """The change of band that silence, the end of a history or new terms have caused."""
    kind = f"band {change.data.band}" if isinstance(change.data, BandCrossed) else "band left"
    key = CustomerKey(customer.shop, customer.customer_id)
    due = Due(f"{kind} {change.data.version}", change.at)
    return derived_event(NAME, _type(change), change.data, about=key, cause=due, now=now)


def united(change: Change, root: Customer, merge: Event, now: datetime) -> Event:
    """The change of band of a root that has taken over what an alias had."""
    return _by_merge(_type(change), change.data, root, merge, now, change.at)


def restated(root: Customer, merge: Event, terms: Terms, now: datetime) -> Event:
    """The band that a root is in, which was published before."""
    if root.band is None or root.band_since is None or root.value_at_risk is None:
        raise ValueError("in no band")
    data = BandRestated(
        band=root.band,
        since=root.band_since,
        value_at_risk=root.value_at_risk,
        currency=terms.currency,
        model_version=terms.model.version,
        version=root.version,
        last_order_at=None if root.statistics is None else from_us(root.statistics.last_at_us),
    )
    return _by_merge("band.restated", data, root, merge, now, root.band_since)


def left_for_root(alias: Customer, root: Customer, merge: Event, now: datetime) -> Event:
    """That an alias, who was in a band, has no orders of its own any more."""
    if alias.band is None:
        raise ValueError("in no band")
    data = BandLeft(
        previous=alias.band,
        left_at=now,
        model_version=alias.model_version or 0,
        version=alias.version,
        merged_into=root.customer_id,
        band=root.band,
    )
    return _by_merge("band.left", data, alias, merge, now, now)


def _by_merge(
    type_: str, data: BandCrossed | BandLeft | BandRestated, about: Customer, merge: Event, now: datetime, at: datetime
) -> Event:
    """One id on any replica: of the two events of a merge, each may be the one that is applied."""
    key, told = CustomerKey(about.shop, about.customer_id), merge.data
    id_from = f"{key.shop}:{key.customer_id}|merged {told.alias} {told.version}"
    return derived_event(NAME, type_, data, about=key, cause=merge, id_from=id_from, now=now, time=at)


def _type(change: Change) -> str:
    return "band.crossed" if isinstance(change.data, BandCrossed) else "band.left"
