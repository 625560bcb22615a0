"""Acts of a customer as facts: each is kept under what tells it from other acts of its type."""

from collections.abc import Mapping
from datetime import date

from msgspec import to_builtins

from loyalty.domain.act_rules import ANSWERED, AWAY, BIRTHDAY, COMPLETED, DONE, LOGGED_IN, REVIEWED
from loyalty.domain.acts import key_of_act
from loyalty.domain.lines import Lines
from loyalty.domain.orders import ACTED, Fact
from loyalty.domain.yearly import code_of
from loyalty.domain.zones import ShopZones
from mandegar.events import Event
from mandegar.quantities import to_us


def acts_told_by(event: Event, zones: Mapping[str, ShopZones]) -> list[tuple[str, Fact]]:
    """The facts that an event states, each with the id under which it is kept.

    ``zones`` are those of the shops of logins: the visits of a day, as the shop counts it, are one act. A profile
    states a fact for each field that is known; of a date its day of the year alone.
    """
    at, event_id, data = to_us(event.time), to_builtins(event.id), event.data
    if event.type == COMPLETED:
        known = [(name, _date_in(value)) for name, value in sorted(data.attributes.items()) if value]
        if data.birthday is not None:
            known.append((BIRTHDAY, _date_in(data.birthday.isoformat())))
        return [(key_of_act(COMPLETED, name), Fact(at, event_id, ACTED, code)) for name, code in known]
    fact = Fact(at, event_id, ACTED, 0)
    if event.type != AWAY and (data.channel is not None or data.branch is not None):
        fact = fact._replace(lines=Lines(channel=data.channel or "", branch=data.branch or ""))
    return [(key_of_act(event.type, _id_of(event, at, zones)), fact)]


def _date_in(value: str) -> int:
    """What is kept of a date; 0 if it is none, or one before the Jalali calendar."""
    try:
        return code_of(date.fromisoformat(value).toordinal())
    except ValueError:
        return 0


def _id_of(event: Event, at: int, zones: Mapping[str, ShopZones]) -> str:
    data = event.data
    if event.type == LOGGED_IN:
        return str(zones[event.shop].day_of(at))
    if event.type == REVIEWED:
        return str(data.product_id)
    if event.type == ANSWERED:
        return str(data.survey_id)
    if event.type == AWAY:
        return f"{data.band}/{data.crossed_at.isoformat()}"
    if event.type == DONE:
        return f"{data.act}/{event.id if data.subject_id is None else data.subject_id}"
    return ""
