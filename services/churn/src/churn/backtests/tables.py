"""The table of backtests: what was asked, how far it is, and what came of it."""

from typing import Final

from sqlalchemy import BigInteger, CheckConstraint, Column, Index, MetaData, SmallInteger, Table, Text, Uuid, text

from mandegar.database.tables import instant

STATUSES: Final = ("waiting", "running", "done", "failed", "cancelled")


def add_backtests(metadata: MetaData) -> None:
    """``result`` is JSON, ``page`` HTML. While a process computes a backtest it renews ``leased_until``, by the clock
    of the database; ``attempt`` counts the processes that began. No row has a customer: a report has figures of all.
    """
    backtests = Table(
        "backtests",
        metadata,
        Column("shop", Text, primary_key=True),
        Column("backtest_id", Uuid, primary_key=True),
        Column("horizon_weeks", SmallInteger, nullable=False),
        Column("status", Text, nullable=False),
        instant("created_at"),
        instant("started_at", nullable=True),
        instant("finished_at", nullable=True),
        instant("leased_until", nullable=True),
        Column("attempt", SmallInteger, nullable=False, server_default="0"),
        Column("doing", Text),
        Column("done", BigInteger, nullable=False, server_default="0"),
        Column("total", BigInteger, nullable=False, server_default="0"),
        Column("failure", Text),
        Column("result", Text),
        Column("page", Text),
        CheckConstraint(f"status IN ({', '.join(map(repr, STATUSES))})", name="ck_backtests_status"),
    )
    is_open = text("status IN ('waiting', 'running')")
    Index("ix_backtests_open", backtests.c.shop, unique=True, postgresql_where=is_open)
