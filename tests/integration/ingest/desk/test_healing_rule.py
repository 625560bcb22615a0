"""Streams in which some events are broken, quarantined, repaired and released in any order, and the same streams whole.

Whatever was broken: at the end ingest knows the same, and every customer has the same points, tier, orders and score.
"""

from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from random import Random
from typing import Any

import asyncpg
import pytest

from churn.domain.orders import Order
from churn.domain.packing import order_of, records_of
from churn.domain.signals.experience import felt
from churn.domain.signals.state import unpack_signals
from churn.domain.turnover import unpack_turnover
from churn.main import SERVICE as CHURN
from conftest import MakeDatabase
from harness.churn_service import Churn
from harness.in_process import in_process
from harness.ingest_service import NOON, SETTINGS, SHOP, Ingest
from harness.loyalty_service import Loyalty
from harness.repairing import carried_out, groups
from loyalty.main import SERVICE as LOYALTY

BEGAN = NOON - timedelta(days=61)
LATER = timedelta(days=3)
CUSTOMERS = range(4)
MAPPING = [
    {"op": "move", "from": "/uid", "path": "/id"},
    {"op": "move", "from": "/data/sum", "path": "/data/total"},
    {"op": "map", "path": "/data/currency", "values": {"Rial": "IRR"}},
    {"op": "number", "path": "/data/total", "decimal": ","},
    {"op": "number", "path": "/data/amount", "decimal": ","},
    {"op": "time", "path": "/time", "format": "%d/%m/%Y %H:%M:%S %z"},
    {"op": "map", "path": "/type", "values": {"order_is_payed": "order.paid", "seen": "product.viewed"}},
]
WRONG_TYPES = {"order.paid": "order_is_payed", "product.viewed": "seen"}
TABLES = (
    "events, quarantine, repairs, customers, outbox, waiting_refunds, unclaimed_order_events, account_addresses, "
    "browser_customers"
)
# How and how often a row was written is not compared, and neither is when an account was last looked at.
NOT_COMPARED = {
    "partition",
    "version",
    "stage_version",
    "stage_since",
    "merge_version",
    "changed_in",
    "alias_of",
    "remembered",
    "settled_at",
}
# Whom an event reached that names nobody is stored under the id that the person had then.
HISTORY = """
    SELECT event_id, coalesce(merged_into, e.customer_id) AS customer, received_by, type, order_id, time, published,
           code
    FROM events e LEFT JOIN customers c USING (shop, customer_id)
"""
# When points of an order that moved were taken back from its customer before depends on which claim was known first.
LEDGER = """
    SELECT customer_id, order_id, kind, bucket, {date} AS effective_at, sum(points)::bigint AS points FROM entries
    GROUP BY 1, 2, 3, 4, 5 HAVING sum(points) <> 0
"""
Stream = Sequence[tuple[datetime, dict[str, Any]]]


@dataclass
class House:
    """Ingest, and the two services that compute from what it publishes."""

    ingest: Ingest
    loyalty: Loyalty
    churn: Churn

    async def at(self, instant: datetime) -> None:
        for service in (self.ingest, self.loyalty, self.churn):
            service.clock.set(instant)
        await self.loyalty.pass_time()
        await self.churn.pass_time()

    async def pass_on(self) -> None:
        if events := await self.ingest.news():
            await self.loyalty.deliver(*events)
            await self.churn.deliver(*events)

    async def state(self, end: datetime, *, orders_move: bool) -> dict[str, list[dict[str, Any]]]:
        """What the services know once everything has come to rest."""
        await self.pass_on()
        await self.at(end)
        known = {}
        for part, service, query in (
            ("profiles", self.ingest, "SELECT customer_id, profile, merged_into FROM customers"),
            ("history", self.ingest, HISTORY),
            ("accounts", self.loyalty, "SELECT * FROM customers"),
            ("ledger", self.loyalty, LEDGER.format(date="NULL" if orders_move else "effective_at")),
            ("scores", self.churn, "SELECT * FROM customers"),
        ):
            rows = await service.database.worker.fetch(query)
            known[part] = [{name: value for name, value in row.items() if name not in NOT_COMPARED} for row in rows]
        for score in known["scores"]:
            orders = {name: order_of(record) for name, record in records_of(score["orders"], 1).items()}
            score["orders"] = [worth(name, order) for name, order in sorted(orders.items()) if not order.cancelled]
            # Its bytes begin with a checksum of the orders as they lie in the row, in the order of their arrival.
            score["turnover"] = unpack_turnover(score["turnover"])
            # An order that moved leaves a fact behind, which says that its others are no longer the customer's.
            signals = unpack_signals(score["signals"])
            score["signals"] = (signals.visited, felt(signals.facts))
            if orders_move:
                del score["last_event_at"]
        return known


@asynccontextmanager
async def new_house(ingest: Ingest, make_database: MakeDatabase) -> AsyncIterator[House]:
    """The house, empty but for the shop and its source, which are the same in each."""
    owner = await asyncpg.connect(ingest.database.owner_url)
    await owner.execute(f"TRUNCATE {TABLES}")
    await owner.close()
    async with AsyncExitStack() as stack:
        loyalty = await stack.enter_async_context(in_process(LOYALTY, await make_database("loyalty")))
        churn = await stack.enter_async_context(in_process(CHURN, await make_database("churn")))
        house = House(ingest, Loyalty(*loyalty), Churn(*churn))
        await house.at(BEGAN)
        await ingest.ask("PUT", f"/v1/shops/{SHOP}", json={**SETTINGS, "name": f"Atlas {id(house)}"})
        (shop, *_) = await ingest.news()
        await house.loyalty.deliver(shop)
        await house.churn.deliver(shop)
        yield house


def stream(random: Random, count: int, *, orders_move: bool) -> Stream:
    """When each event is received, and the event."""
    now, received = BEGAN, []
    for number in range(count):
        now += timedelta(hours=random.choice([0, 0.01, 5, 60]))
        received.append((now, event(random, number, now, orders_move=orders_move)))
    return received


def event(random: Random, number: int, now: datetime, *, orders_move: bool) -> dict[str, Any]:
    """An act of a customer under one of their ids; its time is late, ahead of our clock, or not stated.

    If ``orders_move``, an order is one of several ids until the account claims it.
    """
    person = random.choice(CUSTOMERS)
    account = {"id": f"c-{person}"}
    guest, browser = {"email": f"c{person}@example.com"}, {"anonymous_id": f"b-{person}"}
    number_of_order = random.randrange(3)
    order_id = f"o-{person}-{number_of_order}"
    order = {"order_id": order_id, "currency": "IRR", "total": str(random.randrange(1, 90) * 250_000)}
    if random.random() < 0.3:
        order["version"] = str(random.randrange(1, 5))
    refund = {"order_id": order_id, "refund_id": f"r-{order_id}", "currency": "IRR", "amount": str(number * 10_000)}
    type_, data = random.choice([
        *[("order.paid", order)] * 3,
        ("order.updated", order | {"status": random.choice(["processing", "cancelled", "shipped"])}),
        ("order.cancelled", {"order_id": order_id}),
        ("refund.issued", refund),
        ("product.viewed", {"product_id": "p-1"}),
        ("customer.updated", {"attributes": {"size": str(number)}, "consent": {"sms": bool(number % 2)}}),
    ])  # fmt: skip
    body: dict[str, Any] = {"id": f"e-{number}", "type": type_, "data": data}
    if type_ not in ("order.cancelled", "refund.issued") or random.random() < 0.6:
        body["customer"] = random.choice([account, account | guest, account | browser, guest, browser])
        if "order_id" in data and not orders_move:
            body["customer"] = (account, guest, browser)[number_of_order]
    stated = random.choice([None, -40, -1, -1, -0.2, 0.5, 20])
    if stated is not None:
        body["time"] = (now + timedelta(hours=stated)).replace(microsecond=0).isoformat()
    return body


def broken(random: Random, body: Mapping[str, Any]) -> dict[str, Any]:
    """The event with one to three faults."""
    spoilt, data = {**body}, {**body["data"]}
    spoilt["data"] = data
    faults = ["id", *({"total", "amount", "currency"} & data.keys()), *({"time"} & body.keys())]
    faults += ["type"] if body["type"] in WRONG_TYPES else []
    for fault in random.sample(sorted(faults), k=min(len(faults), random.choice([1, 1, 2, 3]))):
        match fault:
            case "id":
                spoilt["uid"] = spoilt.pop("id")
            case "total" if random.random() < 0.5:
                data["sum"] = data.pop("total")
            case "total" | "amount":
                data[fault] = f"{int(data[fault]):,}".replace(",", ".") + ",0"
            case "currency":
                data["currency"] = "Rial"
            case "time":
                spoilt["time"] = datetime.fromisoformat(body["time"]).strftime("%d/%m/%Y %H:%M:%S %z")
            case "type":
                spoilt["type"] = WRONG_TYPES[body["type"]]
    return spoilt


async def whole(house: House, events: Stream) -> None:
    for at, body in events:
        await house.at(at)
        ((status, _),) = await house.ingest.results(body)
        assert status == "accepted"
        await house.pass_on()


async def healed(house: House, random: Random, events: Stream) -> int:
    """The stream with faults, of which some are repaired on the way and the others at its end; how many there were."""
    faults = 0
    for at, body in events:
        await house.at(at)
        is_broken = random.random() < 0.4
        ((status, _),) = await house.ingest.results(broken(random, body) if is_broken else body)
        assert status == ("quarantined" if is_broken else "accepted")
        faults += is_broken
        await house.pass_on()
        if random.random() < 0.1:
            await repair_some(house, random, 2)
    await house.at(events[-1][0] + timedelta(hours=random.choice([1, 30])))
    await repair_some(house, random, 50)
    return faults


async def repair_some(house: House, random: Random, count: int) -> None:
    found = await groups(house.ingest, limit=50)
    for group in random.sample(found, k=min(len(found), count)):
        assert (await carried_out(house.ingest, group, *MAPPING))["remaining"] == {}
        await house.pass_on()


@pytest.mark.parametrize("orders_move", [False, True])
@pytest.mark.parametrize("seed", range(4))
async def test_a_repaired_stream_ends_as_one_that_was_never_broken(ingest, make_database, seed, orders_move):
    random = Random(seed)
    events = stream(random, 50, orders_move=orders_move)
    end = events[-1][0] + LATER
    async with new_house(ingest, make_database) as house:
        await whole(house, events)
        unbroken = await house.state(end, orders_move=orders_move)
    async with new_house(ingest, make_database) as house:
        assert await healed(house, random, events) > 10
        ended = await house.state(end, orders_move=orders_move)

    assert await groups(ingest) == []
    assert differences(unbroken, ended) == []
    assert any(row["points"] for row in unbroken["ledger"])


def worth(name: int, order: Order) -> tuple[object, ...]:
    return name, order.total, order.paid_at, sorted((order.refunds or {}).items())


def differences(unbroken: Mapping[str, Any], ended: Mapping[str, Any]) -> list[str]:
    """Where the two runs differ, in one line each."""
    found = []
    for part, rows in unbroken.items():
        mine, other = ({str(row) for row in some} for some in (rows, ended[part]))
        found += [f"{part}, unbroken: {row}" for row in sorted(mine - other)]
        found += [f"{part}, healed:   {row}" for row in sorted(other - mine)]
    return found
