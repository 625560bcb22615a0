"""The events that churn publishes about segments and who is in them."""

from datetime import datetime

from churn import NAME
from churn.memberships.states import Crossing
from mandegar.events import CustomerKey, Event
from mandegar.events.churn import SegmentEntered, SegmentLeft
from mandegar.events.derived import Due, derived_event
from mandegar.quantities import from_us


def crossed(crossing: Crossing, key: CustomerKey, cause: Event | None, now: datetime) -> Event:
    """That a customer has entered a segment or left it; ``cause`` is the act behind which it was evaluated, None: time,
    a definition, lines, a model or the end of a history.
    """
    name, version, at = crossing.segment.name, crossing.segment.version, from_us(crossing.at_us)
    data: SegmentEntered | SegmentLeft
    if crossing.entered:
        type_ = "segment.entered"
        data = SegmentEntered(segment=name, version=version, entered_at=at, brought_over=crossing.brought_over)
    else:
        type_, data = "segment.left", SegmentLeft(segment=name, version=version, left_at=at)
    if cause is None:
        return derived_event(NAME, type_, data, about=key, cause=Due(f"{type_} {name}", at), now=now)
    return derived_event(NAME, type_, data, about=key, cause=cause, id_from=f"{cause.id}|{name}", now=now, time=at)


def left_for_root(name: str, version: int, alias: CustomerKey, root: CustomerKey, merge: Event, now: datetime) -> Event:
    """That an alias is in a segment no more: what it was is its root's, who may be in the segment or not."""
    data = SegmentLeft(segment=name, version=version, left_at=now, merged_into=root.customer_id)
    id_from = f"{alias.shop}:{alias.customer_id}|merged {merge.data.version}|{name}"
    return derived_event(NAME, "segment.left", data, about=alias, cause=merge, id_from=id_from, now=now, time=now)
