"""Every score: orders folded anew from the topic, then scored with the model version that the customer is under."""

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime

import orjson

from churn.domain.bands import band_at
from churn.domain.model import Model
from churn.domain.orders import Orders
from churn.domain.packed import Packed
from churn.domain.priors import prior_model
from churn.domain.score import Parameters
from churn.domain.standing import standing_of
from churn.domain.value import value_at_risk
from faults.observed import Run
from faults.observed.tables import Row
from faults.recompute.orders import orders_of, same_orders
from mandegar.calendar import shop_days
from mandegar.events import CustomerKey, Event
from mandegar.events.registry import INTERACTION_TYPES, ORDER_TYPES
from mandegar.events.topics import INGEST_EVENTS
from mandegar.quantities import from_us, to_us

NEVER = datetime(2500, 1, 1, tzinfo=UTC)


def wrong_scores(run: Run) -> Iterator[str]:
    """Customers of whom the topic gives other orders, counts, band, value or next crossing than the database has."""
    set_aside = run.set_aside("churn")
    acts = [e for e in run.of(INGEST_EVENTS, *ORDER_TYPES, *INTERACTION_TYPES) if e.id not in set_aside]
    orders, models = orders_of(acts, run.person), _models(run)
    counts = Counter(
        (run.person(event), word)
        for event in acts
        for word in ("interactions", event.type)
        if event.type in INTERACTION_TYPES
    )
    last = _last_acts(run, acts)
    rows = {CustomerKey(row["shop"], row["customer_id"]): row for row in run.rows("churn", "customers")}
    older: defaultdict[CustomerKey, dict[int, bytes]] = defaultdict(dict)
    for row in run.rows("churn", "older_orders"):
        older[CustomerKey(row["shop"], row["customer_id"])][row["name"] % 2**64] = row["record"]
    for customer in sorted(rows.keys() | last.keys()):
        row = rows.get(customer)
        if row is None:
            yield f"{_named(customer)}: has acts on the topic, and no row"
            continue
        stored = (row["interactions"], row["tickets_opened"], row["tickets_closed"], row["last_event_at"])
        words = ("interactions", "ticket.opened", "ticket.closed")
        if stored != (*(counts[customer, word] for word in words), last.get(customer)):
            yield f"{_named(customer)}: the counts of acts are not those of the topic"
        folded = orders.get(customer, {})
        packed = Packed(row["orders"])
        packed.complete(older[customer])
        if not same_orders(folded, packed.orders({})):
            yield f"{_named(customer)}: the orders are not those of the topic"
        elif row["backfill_until"] is None:
            yield from _wrong_score(customer, row, folded, models)


def _wrong_score(
    customer: CustomerKey, row: Row, orders: Orders, models: Mapping[tuple[str, int], Model]
) -> Iterator[str]:
    """The band stands until its crossing is due: it is judged at the last instant before."""
    if not orders:
        return
    model, days = models.get((row["shop"], row["model_version"]), prior_model()), shop_days(row["zone"] or "UTC")
    standing = standing_of(orders, model, days)
    if standing is None:
        if row["band"] is not None or row["x"] is not None:
            yield f"{_named(customer)}: has a band without a purchase"
        return
    counted = standing.statistics
    if (row["x"], row["first_day"], row["last_day"]) != (counted.x, counted.first_day, counted.last_day):
        yield f"{_named(customer)}: the statistics are not those of the orders"
    span = band_at(standing, to_us(row["due_at"] or NEVER) - 1)
    if (row["band"], row["band_since"]) != (span.band, from_us(span.since_us)):
        yield f"{_named(customer)}: in {row['band']}; the topic gives {span.band}"
    coming = None if span.next is None or row["due_at"] is None else from_us(span.next.at_us)
    if row["due_at"] != coming:
        yield f"{_named(customer)}: the next crossing is not due at its instant"
    if row["value_at_risk"] != value_at_risk(standing, standing.at(span.since_us)):
        yield f"{_named(customer)}: the value at risk is not that of the topic"


def _models(run: Run) -> dict[tuple[str, int], Model]:
    return {
        (row["shop"], row["version"]): Model(
            row["version"], Parameters(**orjson.loads(row["parameters"])), row["horizon_days"], tuple(row["drops"])
        )
        for row in run.rows("churn", "models")
    }


def _last_acts(run: Run, acts: Sequence[Event]) -> dict[CustomerKey, datetime]:
    last: dict[CustomerKey, datetime] = {}
    for event in acts:
        customer = run.person(event)
        last[customer] = max(event.time, last.get(customer, event.time))
    return last


def _named(customer: CustomerKey) -> str:
    return f"{customer.shop}:{customer.customer_id}"
