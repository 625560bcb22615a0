"""Compares what a shop's records make of each customer with what is stored, and names the first entry that differs."""

from collections.abc import Mapping
from datetime import datetime
from typing import NamedTuple

from loyalty.domain.account import Account, balance_of, credit_of
from loyalty.domain.posting import Balance
from loyalty.domain.units import kind_of
from loyalty.programme.rows import Rules
from loyalty.verify.kept_states import State
from loyalty.verify.state_rows import StoredSum
from mandegar.quantities import from_us

NOTHING = Balance()


class OtherEntry(NamedTuple):
    """The earliest entries that differ: those of one lot, kind, bucket and cause."""

    at: datetime
    order_id: str
    kind: str
    bucket: str
    cause: str
    stored: int
    recomputed: int


class Difference(NamedTuple):
    """A customer whose balance differs. ``entry`` is None if the ledger has changed since, or does not differ."""

    customer_id: str
    stored: Balance
    recomputed: Balance
    entry: OtherEntry | None = None
    # In thousandths of the currency.
    stored_credit: Balance = NOTHING
    recomputed_credit: Balance = NOTHING


def without(account: Account, events: frozenset[str]) -> Account:
    """The account as it would be if some events had never come."""
    if events:
        for order in account.orders.values():
            order.facts = [fact for fact in order.facts if fact.event_id not in events]
    return account


def recomputed_balances(account: Account, rules: Rules, state: State | None, now: int) -> tuple[Balance, Balance]:
    """What the facts make in points and in credit, as of the instant up to which the customer's ledger is written."""
    timeline = account.at(*rules, _as_of(state, now))
    credit = credit_of(timeline)
    return balance_of(timeline), NOTHING if credit is None else credit.balance


def first_other(
    account: Account, rules: Rules, state: State | None, now: int, stored: Mapping[tuple[str, str, str, str], StoredSum]
) -> OtherEntry | None:
    """The earliest key of the ledger under which what is stored is not what the facts make."""
    wanted: dict[tuple[str, str, str, str], StoredSum] = {}
    timeline = account.at(*rules, _as_of(state, now))
    for lot in (*timeline.lots, *timeline.credit):
        for (kind, bucket, cause), (points, at) in lot.entries.items():
            wanted[str(lot.lot_id), kind_of(lot.order_id, kind), bucket, cause] = StoredSum(
                points, from_us(at), lot.order_id
            )
    found = []
    for key in wanted.keys() | stored.keys():
        here, there = stored.get(key), wanted.get(key)
        if (here.points if here else 0) != (there.points if there else 0):
            told = there or here
            assert told is not None  # noqa: S101  one of them has the key
            numbers = (here.points if here else 0, there.points if there else 0)
            found.append(OtherEntry(told.at, told.order_id, *key[1:], *numbers))
    return min(found, default=None)


def _as_of(state: State | None, now: int) -> int:
    return now if state is None or state.settled_at is None else state.settled_at
