"""The tables of replays: what was asked and what came of it, and the customers for whom most would have changed."""

from sqlalchemy import BigInteger, CheckConstraint, Column, Index, MetaData, SmallInteger, Table, Text, Uuid, text

from mandegar.database.customer_data import DELETED, of_customers
from mandegar.database.tables import instant

STATUSES = ("waiting", "running", "done", "failed", "cancelled")


def replay_tables(metadata: MetaData) -> None:
    """``purpose`` is that of ``rows.py``; ``request`` and ``result`` are JSON. While a process computes a replay it
    renews ``leased_until``, by the clock of the database; ``attempt`` counts the processes that began.
    """
    replays = Table(
        "replays",
        metadata,
        Column("shop", Text, primary_key=True),
        Column("replay_id", Uuid, primary_key=True),
        Column("request", Text, nullable=False),
        Column("purpose", Text, nullable=False, server_default="asked"),
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
        Column("plots", Text),
        CheckConstraint(f"status IN ({', '.join(map(repr, STATUSES))})", name="ck_replays_status"),
    )
    Index("ix_replays_open", replays.c.created_at, postgresql_where=text("status IN ('waiting', 'running')"))
    customers = Table(
        "replay_customers",
        metadata,
        Column("shop", Text, primary_key=True),
        Column("customer_id", Text, primary_key=True),
        Column("replay_id", Uuid, primary_key=True),
        Column("before", BigInteger, nullable=False),
        Column("after", BigInteger, nullable=False),
        info=of_customers(
            merge="they stay under the id that the customer had when the replay was computed",
            erase=DELETED,
            export="replays",
        ),
    )
    Index("ix_replay_customers_replay", customers.c.shop, customers.c.replay_id)
