"""The tables of replays: what was asked and what came of it, and the customers for whom most would have changed."""

from sqlalchemy import BigInteger, Column, Index, MetaData, Table, Text, Uuid, text

from loyalty.replays.kind import ASKED, REPLAYS
from mandegar.database.customer_data import DELETED, of_customers
from mandegar.jobs.tables import job_columns


def replay_tables(metadata: MetaData) -> None:
    """``purpose`` is that of ``kind.py``; ``request`` is JSON, and so are ``plots``."""
    replays = Table(
        REPLAYS.table,
        metadata,
        *job_columns(REPLAYS),
        Column("request", Text, nullable=False),
        Column("purpose", Text, nullable=False, server_default=ASKED),
        Column("plots", Text),
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
