"""The events that churn publishes: ``band.crossed`` for each change of band, ``band.left`` when no purchase is left."""

from datetime import datetime

from churn import NAME
from churn.domain.customer import Customer
from churn.domain.publication import Change
from mandegar.events import CustomerKey, Event
from mandegar.events.churn import BandCrossed
from mandegar.events.derived import Due, derived_event


def changed_by_act(change: Change, act: Event, now: datetime) -> Event:
    """The change of band that an act of the customer has caused."""
    return derived_event(NAME, _type(change), change.data, about=act.customer, cause=act, now=now, time=change.at)


def changed_by_time(change: Change, customer: Customer, now: datetime) -> Event:
    """The change of band that silence, the end of a history or new terms have caused."""
    kind = f"band {change.data.band}" if isinstance(change.data, BandCrossed) else "band left"
    key = CustomerKey(customer.shop, customer.customer_id)
    due = Due(f"{kind} {change.data.version}", change.at)
    return derived_event(NAME, _type(change), change.data, about=key, cause=due, now=now)


def _type(change: Change) -> str:
    return "band.crossed" if isinstance(change.data, BandCrossed) else "band.left"
