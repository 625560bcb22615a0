"""The walk over changed customers, in the order of the transactions in which they have changed last.

A transaction gets its number before it commits, so a lower one may become visible after a higher one. The walk ends
before the first transaction that is still running: whatever is behind a cursor is still to come, and nothing else.
"""

from collections.abc import Mapping
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Final, NamedTuple

from mandegar.database import Connection, ReadConnection, WorkerConnection
from mandegar.events.churn import Band

# The numbers of transactions, and with them cursors, are those of one timeline of one cluster, and say something of one
# table in it: a database that was restored elsewhere, as of an earlier time, or beside itself, has others.
_TIMELINE: Final = """
    SELECT concat_ws('-', to_hex(c.system_identifier), left(pg_walfile_name(pg_current_wal_lsn()), 8), d.oid,
        'customers'::regclass::oid)
    FROM pg_control_system() c, pg_database d WHERE d.datname = current_database()
"""
_FIRST_RUNNING: Final = "pg_snapshot_xmin(pg_current_snapshot())::text::bigint"
_RANGE: Final = f"""
    (SELECT changed_in, customer_id FROM %s
    WHERE shop = $1 AND (changed_in, customer_id) > ($2::bigint, $3::text) AND changed_in < {_FIRST_RUNNING}
    ORDER BY changed_in, customer_id LIMIT $4)
"""  # noqa: S608  a constant
# Whose tier has changed behind their other changes, or before them, is told of once, at the later of both.
_WALK: Final = f"""
    SELECT w.changed_in, w.customer_id, c.shop IS NOT NULL AND greatest(c.changed_in, d.changed_in) = w.changed_in,
        c.merged_into, c.erased_at IS NOT NULL, c.band, c.band_since, c.value_at_risk, d.tier, s.members
    FROM (
        {_RANGE % "customers"} UNION {_RANGE % "cards"} ORDER BY changed_in, customer_id LIMIT $4
    ) w
        LEFT JOIN customers c ON c.shop = $1 AND c.customer_id = w.customer_id
        LEFT JOIN cards d ON d.shop = $1 AND d.customer_id = w.customer_id
        LEFT JOIN segment_states s ON s.shop = $1 AND s.customer_id = w.customer_id
    ORDER BY w.changed_in, w.customer_id
"""  # noqa: S608  constants
# Whatever a transaction without a number changes yet, it changes after now.
_MARK: Final = """
    INSERT INTO change_marks (at, first_after) VALUES ($1, pg_snapshot_xmax(pg_current_snapshot())::text::bigint)
    ON CONFLICT (at) DO UPDATE SET first_after = excluded.first_after
"""
_FORGET_MARKS: Final = "DELETE FROM change_marks WHERE at < $1"
_COMPLETE_UNTIL: Final = f"""
    SELECT at FROM change_marks WHERE first_after <= {_FIRST_RUNNING} ORDER BY at DESC LIMIT 1
"""  # noqa: S608  a constant
# Numbers that no transaction here has had yet came along from another cluster.
_RENUMBER: Final = """
    WITH renumbered AS (
        UPDATE {table} SET changed_in = (pg_current_xact_id()::text)::bigint WHERE ctid = ANY(ARRAY(
            SELECT c.ctid FROM shops s CROSS JOIN LATERAL (
                SELECT ctid FROM {table}
                WHERE shop = s.shop AND changed_in >= pg_snapshot_xmax(pg_current_snapshot())::text::bigint
                LIMIT $1 FOR UPDATE SKIP LOCKED
            ) c LIMIT $1
        ))
        RETURNING shop
    )
    SELECT count(*) FROM renumbered
"""
_RENUMBER_EACH: Final = tuple(_RENUMBER.format(table=table) for table in ("customers", "cards"))
# Rows that one statement renumbers.
ROWS_AT_ONCE: Final = 1_000
MARKS_KEPT: Final = timedelta(days=1)


class Place(NamedTuple):
    """A place in the walk: a transaction, and a customer who has changed in it."""

    changed_in: int
    customer_id: str


BEGINNING: Final = Place(0, "")


class Changed(NamedTuple):
    """A customer as they are now; of an alias or an erased one there is nothing else."""

    customer_id: str
    merged_into: str | None
    erased: bool
    band: Band | None
    band_since: datetime | None
    value_at_risk: Decimal | None
    tier: str | None
    members: Mapping[str, int] | None


class Walked(NamedTuple):
    """The changed customers of a page, the place behind which the next one begins, whether it has some already, and
    up to when the walk has every change once it has none; None: that is not known.
    """

    changed: list[Changed]
    last: Place
    more: bool
    complete_until: datetime | None


async def timeline_of(connection: Connection) -> str:
    """Names the cluster, and which of its histories it goes on with: cursors of another one say nothing here."""
    name: str = await connection.fetchval(_TIMELINE)
    return name


async def walk_changes(connection: ReadConnection, shop: str, after: Place, limit: int) -> Walked:
    """The customers who have changed behind a place; up to ``limit`` changes are looked at."""
    # Before the walk, whose statement has a later snapshot and so ends no earlier.
    complete_until = await connection.fetchval(_COMPLETE_UNTIL)
    rows = await connection.fetch(_WALK, shop, *after, limit)
    changed = [Changed(customer_id, *state) for _, customer_id, is_last, *state in rows if is_last]
    return Walked(changed, Place(*rows[-1][:2]) if rows else after, len(rows) == limit, complete_until)


async def mark(connection: WorkerConnection, now: datetime) -> None:
    """Mark which transactions had numbers at ``now``, an instant before this one; forget the marks of long ago."""
    await connection.execute(_MARK, now)
    await connection.execute(_FORGET_MARKS, now - MARKS_KEPT)


async def renumber(connection: WorkerConnection) -> bool:
    """Let rows with numbers of another cluster count as changed now; True if there may be more."""
    done = [await connection.fetchval(statement, ROWS_AT_ONCE) for statement in _RENUMBER_EACH]
    return ROWS_AT_ONCE in done
