"""People who are known under several ids, and for each a twin who does the same under one."""

import random
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, NamedTuple

import orjson

from faults.plan import Planned

ORDERS = 40
PAST_DAYS = 45
BATCHES = (1, 1, 5, 20)


class Person(NamedTuple):
    """``ids`` come to be one customer; ``twin`` always was one."""

    ids: Sequence[str]
    twin: str


@dataclass
class _Story:
    """What people do, told of each of them and of the twin."""

    draw: random.Random
    now: datetime
    seconds: float
    told: list[Planned] = field(default_factory=list)

    def contact(self, customer: str, number: int) -> None:
        at = self.now - timedelta(days=self.draw.uniform(400, 450))
        consent = {channel: {"status": "granted", "at": at.isoformat()} for channel in ("email", "sms")}
        data = {"email": f"{customer}@example.test", "phone": f"0935{number:07d}", "consent": consent}
        self._tell("customer.updated", f"{customer}-contact", customer, at, data)

    def bought(self, person: Person, id_: str, number: int) -> None:
        """One order, under an id of the person and as the twin's; its hold may end while the load runs.

        No two orders of a person have an instant in common: which of two comes first then depends on ids alone.
        """
        draw, order = self.draw, f"{id_}-o-{number}"
        if draw.random() < 0.3:
            paid_at = self.now - timedelta(days=1) + timedelta(seconds=draw.uniform(3, 3 + self.seconds))
        else:
            paid_at = self.now - timedelta(days=draw.uniform(1, PAST_DAYS))
        amount, fate = draw.randrange(1_000_000, 9_000_000, 100_000), draw.random()
        for customer, name in ((id_, order), (person.twin, f"{order}-twin")):
            self._tell("order.paid", name, customer, paid_at, _total(name, amount))
            if fate < 0.15:
                later = paid_at + timedelta(minutes=5)
                self._tell("order.updated", f"{name}-u", customer, later, _total(name, amount // 2))
            elif fate < 0.25:
                later = paid_at + timedelta(minutes=9)
                self._tell("order.cancelled", f"{name}-x", customer, later, {"order_id": name})
            elif fate < 0.45:
                refund = {"refund_id": f"{name}-r", "order_id": name, "currency": "IRR", "amount": str(amount // 4)}
                self._tell("refund.issued", f"{name}-r", customer, paid_at + timedelta(minutes=7), refund)

    def _tell(self, type_: str, id_: str, customer: str, at: datetime, data: dict[str, Any]) -> None:
        event = {"id": id_, "type": type_, "time": at.isoformat(), "customer": {"id": customer}, "data": data}
        self.told.append(Planned(id_, type_, customer, orjson.dumps(event)))


def people(name: str, draw: random.Random, number: int) -> list[Person]:
    """So many people with two or three ids each."""
    return [
        Person([f"{name}-p{person}-{id_}" for id_ in range(draw.choice((2, 2, 3)))], f"{name}-p{person}-twin")
        for person in range(number)
    ]


def story_of(everybody: Sequence[Person], draw: random.Random, now: datetime, seconds: float) -> list[list[Planned]]:
    """The requests in which a shop tells of them: their addresses, then forty orders an id in any order."""
    story = _Story(draw, now, seconds)
    phones = iter(draw.sample(range(10**7), sum(len(person.ids) + 1 for person in everybody)))
    for person in everybody:
        for customer in (*person.ids, person.twin):
            story.contact(customer, next(phones))
    requests, story.told = [story.told], []
    for person in everybody:
        for id_ in person.ids:
            for number in range(ORDERS):
                story.bought(person, id_, number)
    told = story.told
    draw.shuffle(told)
    while told:
        size = draw.choice(BATCHES)
        requests.append(told[:size])
        told = told[size:]
    return requests


def _total(order: str, amount: int) -> dict[str, Any]:
    return {"order_id": order, "currency": "IRR", "total": str(amount)}
