"""The stored balances of a shop's customers, in a file: those of a million would take hundreds of megabytes."""

import sqlite3
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from loyalty.account.packing import unpack_credit
from loyalty.domain.posting import Balance

_CREATE = """
    CREATE TABLE states (
        customer_id TEXT PRIMARY KEY, version INTEGER, settled_at INTEGER, due_at INTEGER, available INTEGER,
        pending INTEGER, held INTEGER, debt INTEGER, lifetime INTEGER, credit TEXT
    ) WITHOUT ROWID
"""
_ADD = "INSERT INTO states VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"
_TAKE = "DELETE FROM states WHERE customer_id = ? RETURNING *"
_REST = """
    SELECT * FROM states WHERE (available, pending, held, debt, lifetime) <> (0, 0, 0, 0, 0) OR credit IS NOT NULL
    ORDER BY customer_id
"""


class State(NamedTuple):
    """What is stored of a customer: the balance as of ``settled_at`` (None: nothing is), and what is due next."""

    customer_id: str
    version: int
    settled_at: int | None
    due_at: int | None
    balance: Balance
    credit: str | None = None

    @property
    def credit_balance(self) -> Balance:
        """What is stored in credit, in thousandths of the currency."""
        credit = unpack_credit(self.credit)
        return Balance() if credit is None else credit.balance


class KeptStates:
    """States by customer, each of which is taken once."""

    def __init__(self, path: Path) -> None:
        self._file = sqlite3.connect(path, isolation_level=None)
        self._file.execute("PRAGMA journal_mode = OFF")
        self._file.execute("PRAGMA synchronous = OFF")
        self._file.execute(_CREATE)

    def close(self) -> None:
        """Close the file."""
        self._file.close()

    def add(self, states: Sequence[State]) -> None:
        """Add the states of customers who are not there yet."""
        self._file.executemany(_ADD, [(*state[:4], *state.balance, state.credit) for state in states])

    def take(self, customer_id: str) -> State | None:
        """Take a customer's state out."""
        row = self._file.execute(_TAKE, (customer_id,)).fetchone()
        return None if row is None else _state(row)

    def rest(self) -> Iterator[State]:
        """The states with points that nobody has taken."""
        return map(_state, self._file.execute(_REST))


def _state(row: Sequence[Any]) -> State:
    customer_id, version, settled_at, due_at, *balance, credit = row
    return State(str(customer_id), version, settled_at, due_at, Balance(*balance), credit)
