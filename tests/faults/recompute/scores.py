"""Every score: orders folded anew from the topic, then scored with the model version that the customer is under."""

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime

import orjson

from churn.domain.bands import BANDS, band_at, quiet_until
from churn.domain.forecast.version import version_of
from churn.domain.model import Model, prior_model
from churn.domain.orders import Orders, money
from churn.domain.packed import Packed
from churn.domain.purchases import purchases
from churn.domain.signals.state import unpack_signals
from churn.domain.standing import Standing, standing_of
from churn.domain.value import value_at_risk
from faults.observed import Run
from faults.observed.tables import Row
from faults.recompute.forecast import Bought, band_of
from faults.recompute.orders import orders_of, same_orders
from mandegar.calendar import shop_days
from mandegar.events import CustomerKey, Event
from mandegar.events.registry import INTERACTION_TYPES, ORDER_TYPES
from mandegar.events.topics import INGEST_EVENTS
from mandegar.quantities import WEEK_US, from_us, to_us

NEVER = datetime(2500, 1, 1, tzinfo=UTC)
# Weeks on either side of a crossing at which the checkers' own score is on either side of its line: half a minute.
APART = 5e-5


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
    standing = standing_of(orders, model, days, unpack_signals(row["signals"]))
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
    coming, quiet = span.next and from_us(span.next.at_us), quiet_until(standing)
    until = quiet and from_us(quiet)
    if row["due_at"] != coming and (row["band"], row["due_at"]) != ("healthy", until):
        yield f"{_named(customer)}: the next crossing is not due at its instant"
    if row["value_at_risk"] != value_at_risk(standing, standing.at(span.since_us)):
        yield f"{_named(customer)}: the value at risk is not that of the topic"
    if not _agree(standing, orders, row):
        yield f"{_named(customer)}: band and crossing are not those of the checkers' own score"


def _agree(standing: Standing, orders: Orders, row: Row) -> bool:
    """Whether, by the formulas written out, the band begins and ends at its crossings."""
    days, version = standing.days, standing.model.numbers.numbers()
    bought = purchases(orders, days)
    told = Bought([each.day for each in bought], float(sum(money(each.net) for each in bought)))
    band, silent_from = BANDS.index(row["band"]), days.end_of(bought[-1].day)
    begins = 0.0 if band == 0 else (to_us(row["band_since"]) - silent_from) / WEEK_US + APART
    if band_of(told, begins, version) != band:
        return False
    if row["due_at"] is None:
        return True
    ends = (to_us(row["due_at"]) - silent_from) / WEEK_US
    if band == 0 and band_of(told, ends + APART, version) == 0:  # a look before the crossing
        return True
    return (band_of(told, max(ends - APART, 0.0), version), band_of(told, ends + APART, version)) == (band, band + 1)


def _models(run: Run) -> dict[tuple[str, int], Model]:
    return {
        (row["shop"], row["version"]): Model(row["version"], version_of(orjson.loads(row["numbers"])))
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
