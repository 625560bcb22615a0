"""Which tables of a service a shop takes along: all that have its rows, but for those that are named here or by a part.

Their names and columns are read from the database, so a table that is added later moves without anybody's doing.
"""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from mandegar.database import Connection
from mandegar.database.customer_data import CustomerTable

# Of the tables that every service has.
STAY: Mapping[str, str] = {
    "audit": "acts of people are told where they acted",
    "outbox": "it is empty of the shop when its state is taken",
    "waiting_beside": "it is empty of the shop when its state is taken",
    "dead_letters": "they name places in the topics of the old installation; release or drop them before",
}
# It follows from the number of partitions.
_NO_STATE = frozenset({"partition"})

_TABLES = """
    SELECT c.relname AS name, array_agg(a.attname::text ORDER BY a.attnum) AS columns
    FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid
    WHERE c.relnamespace = 'public'::regnamespace AND c.relkind = 'r' AND NOT c.relispartition
        AND a.attnum > 0 AND NOT a.attisdropped AND a.attgenerated = ''
    GROUP BY c.relname HAVING bool_or(a.attname = 'shop') ORDER BY c.relname
"""


class WrongDatabase(RuntimeError):
    """The database is not that of the service."""


class MovingTable(NamedTuple):
    """A table whose rows move: ``columns`` of them, of which ``customer`` names the customer, if one does."""

    name: str
    columns: tuple[str, ...]
    left_out: tuple[str, ...]
    customer: str | None

    @property
    def select_rows(self) -> str:
        """Selects the rows of shop $1 as JSON."""
        row = f"(to_jsonb(t) - '{_array(self.left_out)}'::text[])::text"
        return f"SELECT {row} AS row FROM {self.name} t WHERE t.shop = $1"  # noqa: S608

    @property
    def insert_rows(self) -> str:
        """Inserts the rows in the JSON array $1. Columns that it does not have get their defaults."""
        columns = ", ".join(self.columns)
        rows = f"jsonb_populate_recordset(null::{self.name}, $1::text::jsonb)"
        return f"INSERT INTO {self.name} ({columns}) SELECT {columns} FROM {rows}"  # noqa: S608

    @property
    def select_digests(self) -> str:
        """Selects a digest of each row of shop $1, with the customer whose it is, or an empty text."""
        customer = f"coalesce(t.{self.customer}, '')" if self.customer else "''"
        without = _array([*self.left_out, *sorted(_NO_STATE)])
        return f"""
            SELECT {customer} AS customer,
                sha256(convert_to('{self.name} ' || (to_jsonb(t) - '{without}'::text[])::text, 'UTF8')) AS digest
            FROM {self.name} t WHERE t.shop = $1
        """  # noqa: S608


async def moving_tables(
    connection: Connection, declared: Sequence[CustomerTable], left_behind: Mapping[str, str]
) -> list[MovingTable]:
    """The tables of the database whose rows move; ``left_behind`` names tables, and columns as table.column.

    Raises ``WrongDatabase`` if a table is not there that the service has ``declared``.
    """
    customers = {table.name: table.customer for table in declared}
    stay = STAY.keys() | left_behind.keys()
    tables = []
    found = await connection.fetch(_TABLES)
    if absent := customers.keys() - {row["name"] for row in found}:
        raise WrongDatabase(f"the database has no table {min(absent)}: it is that of another service or release")
    for row in found:
        name, columns = row["name"], row["columns"]
        if name in stay:
            continue
        left_out = tuple(column for column in columns if f"{name}.{column}" in stay)
        customer = customers.get(name) or ("customer_id" if "customer_id" in columns else None)
        kept = tuple(column for column in columns if column not in left_out)
        tables.append(MovingTable(name, kept, left_out, customer))
    return tables


def select_states(tables: Sequence[MovingTable]) -> str:
    """Selects the state of each customer of shop $1, in the order of their ids' bytes."""
    digests = " UNION ALL ".join(table.select_digests for table in tables)
    return f"""
        SELECT customer, encode(sha256(string_agg(digest, ''::bytea ORDER BY digest)), 'hex') AS state
        FROM ({digests}) AS rows GROUP BY customer ORDER BY customer COLLATE "C"
    """  # noqa: S608


def _array(names: Sequence[str]) -> str:
    return "{" + ",".join(names) + "}"
