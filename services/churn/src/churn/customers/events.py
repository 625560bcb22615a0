"""The events that churn publishes: one ``band.crossed`` for each change of band."""

from datetime import datetime

from churn import NAME
from churn.domain.customer import Customer
from churn.domain.publication import Change
from mandegar.events import CustomerKey, Event
from mandegar.events.derived import Due, derived_event


def crossed_by_act(change: Change, act: Event, now: datetime) -> Event:
    """The change of band that an act of the customer has caused."""
    return derived_event(NAME, "band.crossed", change.crossed, about=act.customer, cause=act, now=now, time=change.at)


def crossed_by_time(change: Change, customer: Customer, now: datetime) -> Event:
    """The change of band that silence, the end of a history or new terms have caused."""
    due = Due(f"band {change.crossed.band} {change.crossed.version}", change.at)
    key = CustomerKey(customer.shop, customer.customer_id)
    return derived_event(NAME, "band.crossed", change.crossed, about=key, cause=due, now=now)
