"""The events that churn publishes: ``band.crossed`` for each change of band, ``band.left`` when no purchase is left.

``lifecycle.changed`` while the band stays, ``customer.won_back`` beside the band that it begins with, and
``stage.changed``. When customers turn out to be one: ``band.left`` of an alias, ``band.restated`` of the root.
"""

from collections.abc import Mapping
from datetime import datetime
from types import MappingProxyType
from typing import Final, TypeAlias

from churn import NAME
from churn.domain.customer import Customer, Terms
from churn.domain.returns import Change
from mandegar.events import CustomerKey, Event
from mandegar.events.churn import (
    FIRST_STAGE,
    BandCrossed,
    BandLeft,
    BandRestated,
    CustomerWonBack,
    LifecycleChanged,
    StageChanged,
)
from mandegar.events.derived import Due, derived_event
from mandegar.quantities import from_us

_Data: TypeAlias = BandCrossed | BandLeft | BandRestated | LifecycleChanged | CustomerWonBack | StageChanged
_TYPES: Final[Mapping[type[_Data], str]] = MappingProxyType(
    {
        BandCrossed: "band.crossed",
        BandLeft: "band.left",
        BandRestated: "band.restated",
        LifecycleChanged: "lifecycle.changed",
        CustomerWonBack: "customer.won_back",
        StageChanged: "stage.changed",
    }
)
# What is due, where time alone changes something; of a band its name stands beside it.
_KINDS: Final[Mapping[type[_Data], str]] = MappingProxyType(
    {BandLeft: "band left", LifecycleChanged: "lifecycle", CustomerWonBack: "won back"}
)


def changed_by_act(change: Change, act: Event, now: datetime) -> Event:
    """The change that an act of the customer has caused."""
    return derived_event(NAME, _type(change.data), change.data, about=act.customer, cause=act, now=now, time=change.at)


def changed_by_time(change: Change, customer: Customer, now: datetime) -> Event:
    """The change that silence, the end of a history or new terms have caused."""
    data = change.data
    kind = f"band {data.band}" if isinstance(data, BandCrossed) else _KINDS[type(data)]
    due = Due(f"{kind} {data.version}", change.at)
    return derived_event(NAME, _type(data), data, about=customer.key, cause=due, now=now)


def staged(data: StageChanged, about: CustomerKey, act: Event | None, now: datetime) -> Event:
    """The change of stage that an act of the customer has caused; None: time, a merge, or new terms."""
    at = data.changed_at
    cause = act or Due(f"stage {data.version}", at)
    return derived_event(NAME, "stage.changed", data, about=about, cause=cause, now=now, time=at)


def united(change: Change, root: Customer, merge: Event, now: datetime) -> Event:
    """The change of a root that has taken over what an alias had."""
    return _by_merge(change.data, root, merge, now, change.at)


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
        lifecycle=root.lifecycle,
    )
    return _by_merge(data, root, merge, now, root.band_since)


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
    return _by_merge(data, alias, merge, now, now)


def left_stage_for_root(alias: Customer, root: Customer, merge: Event, now: datetime) -> Event:
    """That an alias is in no stage any more."""
    if alias.stage is None:
        raise ValueError("in no stage")
    data = StageChanged(
        stage=FIRST_STAGE,
        previous=alias.stage,
        changed_at=now,
        version=alias.stage_version,
        merged_into=root.customer_id,
    )
    return _by_merge(data, alias, merge, now, now)


def _by_merge(data: _Data, about: Customer, merge: Event, now: datetime, at: datetime) -> Event:
    """One id on any replica: of the two events of a merge, each may be the one that is applied."""
    key, told = about.key, merge.data
    id_from = f"{key.shop}:{key.customer_id}|merged {told.alias} {told.version}"
    return derived_event(NAME, _type(data), data, about=key, cause=merge, id_from=id_from, now=now, time=at)


def _type(data: _Data) -> str:
    return _TYPES[type(data)]
