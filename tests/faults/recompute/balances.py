"""Every balance: the database's, the one that its own entries add up to, and the one that the topics give."""

import json
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from zoneinfo import ZoneInfo

from faults.observed import Run
from faults.observed.tables import Row
from faults.recompute.brought import GRANTED, OPENED
from faults.recompute.points import Worth, worth, worth_in_credit
from faults.recompute.programmes import Rules, default_rules, read_rules
from faults.recompute.redeemed import ADJUSTED
from faults.recompute.redeemed import TYPE as REDEEMED
from mandegar.events import CustomerKey, Event
from mandegar.events.ingest import ShopUpdated
from mandegar.events.registry import ORDER_TYPES
from mandegar.events.topics import INGEST_EVENTS, LOYALTY_EVENTS

CREDIT = "credit."
POOLS = ("available", "pending", "held", "debt", "lifetime")


def wrong_balances(run: Run) -> Iterator[str]:
    """Customers of whom the topics give another balance or tier than the database has, as of its last settling."""
    set_aside = run.set_aside("loyalty")
    facts: dict[CustomerKey, list[Event]] = defaultdict(list)
    for event in run.of(INGEST_EVENTS, *ORDER_TYPES, OPENED, GRANTED):
        if event.id not in set_aside:
            facts[run.person(event)].append(event)
    redeemed: dict[CustomerKey, list[Event]] = defaultdict(list)
    for event in run.of(LOYALTY_EVENTS, REDEEMED):
        redeemed[run.person(event)].append(event)
    adjusted: dict[CustomerKey, list[Event]] = defaultdict(list)
    for event in run.of(LOYALTY_EVENTS, ADJUSTED):
        adjusted[run.person(event)].append(event)
    shops, programmes = _shops(run), _programmes(run)
    rows = {CustomerKey(row["shop"], row["customer_id"]): row for row in run.rows("loyalty", "customers")}
    for customer in sorted(rows.keys() | facts.keys()):
        row, shop = rows.get(customer), shops.get(customer.shop)
        if row is None or row["settled_at"] is None:
            if customer in facts:
                yield f"{_named(customer)}: has orders on the topic, and no account"
            continue
        if shop is None:
            yield f"{_named(customer)}: has an account in a shop that was never announced"
            continue
        rules = [default_rules(shop.currency), *programmes[customer.shop]]
        zone, at = ZoneInfo(shop.zone), row["settled_at"]
        due = worth(
            customer, facts[customer], rules, zone, at, shop.points_from, redeemed[customer], adjusted[customer]
        )
        if due != _has(row):
            yield f"{_named(customer)}: has {_said(_has(row))}; the topics give {_said(due)}"
        due = worth_in_credit(
            customer, facts[customer], rules, zone, at, shop.points_from, redeemed[customer], adjusted[customer]
        )
        if due != credit_of(row):
            yield f"{_named(customer)}: has in credit {_said(credit_of(row))}; the topics give {_said(due)}"


def untold_programmes(run: Run) -> Iterator[str]:
    """Rules that the database applies and the topic does not have, or the other way round."""
    told = {
        (event.shop, event.data.version, event.data.effective_from, event.data.document)
        for event in run.of(LOYALTY_EVENTS, "programme.changed")
    }
    kept = {
        (row["shop"], row["version"], row["effective_from"], row["document"])
        for row in run.rows("loyalty", "programmes")
    }
    yield from (f"{shop}: programme {version} is not the topic's" for shop, version, *_ in sorted(told ^ kept))


def unbalanced_ledgers(run: Run) -> Iterator[str]:
    """Customers whose balance is not what their own entries add up to, or who have less than nothing."""
    of: dict[CustomerKey, list[Row]] = defaultdict(list)
    for entry in run.rows("loyalty", "entries"):
        of[CustomerKey(entry["shop"], entry["customer_id"])].append(entry)
    for row in run.rows("loyalty", "customers"):
        customer = CustomerKey(row["shop"], row["customer_id"])
        for has, unit in ((_has(row), of_points(of[customer])), (credit_of(row), of_money(of[customer]))):
            figures = {pool: getattr(has, pool) for pool in POOLS}
            if figures != pools(unit):
                yield f"{_named(customer)}: has {_said(has)}; the entries add up to {pools(unit)}"
            if min(figures.values()) < 0:
                yield f"{_named(customer)}: has less than nothing, {_said(has)}"
    yield from _lots_below_zero(run)


def _lots_below_zero(run: Run) -> Iterator[str]:
    """No lot was ever emptied below zero, and what is taken back was earned first."""
    lots: dict[object, list[Row]] = defaultdict(list)
    for entry in run.rows("loyalty", "entries"):
        lots[entry["lot_id"]].append(entry)
    for lot, both in lots.items():
        entries = [*of_points(both), *of_money(both)]
        left = pools(entries)
        if left["pending"] < 0 or left["available"] < 0 or left["held"] < 0:
            yield f"lot {lot}: below zero"
        if any(entry["kind"] == "reverse" for entry in entries) and not any(
            e["kind"] in ("earn", "open") for e in entries
        ):
            yield f"lot {lot}: taken back, and never earned"


def untold_entries(run: Run) -> Iterator[str]:
    """The ledger and its topic hold the same entries, and the topic's sums and last word are the balance."""
    postings = run.of(LOYALTY_EVENTS, "points.posted")
    told = {entry.entry_id: (entry.kind, entry.points) for event in postings for entry in event.data.entries}
    for event in run.of(LOYALTY_EVENTS, "credit.posted"):
        told |= {entry.entry_id: (CREDIT + entry.kind, int(entry.amount * 1000)) for entry in event.data.entries}
    kept = {row["entry_id"]: (row["kind"], row["points"]) for row in run.rows("loyalty", "entries")}
    for entry_id in sorted(kept.keys() | told.keys()):
        if kept.get(entry_id) != told.get(entry_id):
            yield f"entry {entry_id}: {kept.get(entry_id)} in the ledger, {told.get(entry_id)} on the topic"
    of: dict[CustomerKey, list[Event]] = defaultdict(list)
    for event in postings:
        of[event.customer].append(event)
    for row in run.rows("loyalty", "customers"):
        customer = CustomerKey(row["shop"], row["customer_id"])
        if sums := _told_otherwise(row, of[customer]):
            yield f"{_named(customer)}: has {_said(_has(row))}; {sums}"


def _told_otherwise(row: Row, postings: Sequence[Event]) -> str:
    entries = {entry.entry_id: entry for event in postings for entry in event.data.entries}.values()
    given = sum(entry.points for entry in entries if entry.kind in ("earn", "open", "reverse"))
    left = given + sum(entry.points for entry in entries if entry.kind in ("expire", "spend"))
    if (row["lifetime"], row["available"] + row["pending"] + row["held"] - row["debt"]) != (given, left):
        return f"the entries on the topic give {given} and leave {left}"
    last = max(postings, key=lambda event: int(event.data.version), default=None)
    if last is not None and any(getattr(last.data.balance, pool) != row[pool] for pool in POOLS):
        return f"the last word on the topic is version {last.data.version} with another balance"
    return ""


def of_points(entries: Iterable[Row]) -> list[Row]:
    """The entries of points."""
    return [entry for entry in entries if not entry["kind"].startswith(CREDIT)]


def of_money(entries: Iterable[Row]) -> list[Row]:
    """The entries of credit, with the kinds that those of points have."""
    return [
        {**entry, "kind": entry["kind"].removeprefix(CREDIT)} for entry in entries if entry["kind"].startswith(CREDIT)
    ]


def credit_of(row: Row) -> Worth:
    """What the row of a customer has in credit, in thousandths."""
    figures = [0] * len(POOLS) if row["credit"] is None else json.loads(row["credit"])[1 : len(POOLS) + 1]
    return Worth(*figures, "")


def pools(entries: Iterable[Row]) -> dict[str, int]:
    """What entries leave in each pool."""
    left = dict.fromkeys(POOLS, 0)
    for entry in entries:
        for pool, sign in _moves(entry["kind"], entry["bucket"]).items():
            left[pool] += sign * entry["points"]
    return left


def _moves(kind: str, bucket: str) -> Mapping[str, int]:
    """Into which pools, with which sign, the points of an entry go."""
    match kind, bucket:
        case "earn", _:
            return {"pending": 1, "lifetime": 1}
        case "open", _:
            return {"available": 1, "lifetime": 1}
        case "activate", _:
            return {"pending": -1, "available": 1}
        case "expire", _:
            return {"available": 1}
        case "adjust", "available":
            return {"available": 1, "lifetime": 1}
        case "adjust", "taken":
            return {"available": 1}
        case "adjust", "debt":
            return {"debt": -1}
        case "repay", _:
            return {"available": 1, "debt": 1}
        case "hold", "debt":
            return {"held": 1, "debt": 1}
        case "hold", _:
            return {"available": -1, "held": 1}
        case "release", _:
            return {"available": 1, "held": -1}
        case "spend", pool:
            return {pool: 1}
        case "reverse", "debt":
            return {"debt": -1, "lifetime": 1}
        case "reverse", pool:
            return {pool: 1, "lifetime": 1}
    raise ValueError(f"nobody told the checkers how an entry of kind {kind} moves points")


def _shops(run: Run) -> dict[str, ShopUpdated]:
    newest: dict[str, ShopUpdated] = {}
    for event in run.of(INGEST_EVENTS, "shop.updated"):
        if event.shop not in newest or event.data.version > newest[event.shop].version:
            newest[event.shop] = event.data
    return newest


def _programmes(run: Run) -> Mapping[str, list[Rules]]:
    """A shop's own programmes, as the topic has them."""
    found: dict[str, list[Rules]] = defaultdict(list)
    for event in run.of(LOYALTY_EVENTS, "programme.changed"):
        found[event.shop].append(read_rules(event.data.document, event.data.effective_from))
    return found


def _has(row: Row) -> Worth:
    return Worth(*(row[word] for word in Worth._fields))


def _said(has: Worth) -> str:
    return " ".join(f"{word} {value}" for word, value in has._asdict().items())


def _named(customer: CustomerKey) -> str:
    return f"{customer.shop}:{customer.customer_id}"
