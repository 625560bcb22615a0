"""The tables of answers that were given under an ``Idempotency-Key``, and of what erased customers had done."""

from sqlalchemy import Column, Index, MetaData, SmallInteger, Table, Text, Uuid

from mandegar.database.customer_data import DELETED, not_exported, of_customers
from mandegar.database.tables import instant


def till_tables(metadata: MetaData) -> None:
    """Add the tables. ``key`` and ``fingerprint`` are digests; ``answer`` is the JSON of the answer.

    ``erased_commands`` has the ids of redemptions and adjustments of erased customers, without these.
    """
    keys = Table(
        "idempotency_keys",
        metadata,
        Column("shop", Text, primary_key=True),
        Column("route", Text, primary_key=True),
        Column("key", Text, primary_key=True),
        Column("customer_id", Text, nullable=False),
        Column("fingerprint", Text, nullable=False),
        Column("status", SmallInteger, nullable=False),
        Column("answer", Text, nullable=False),
        instant("at"),
        info=of_customers(
            merge="stay with the id that was asked for: a repeat of the request names it too",
            erase=DELETED,
            export=not_exported("a repetition of what commands answered, kept for two days"),
        ),
    )
    Index("ix_idempotency_keys_customer", keys.c.shop, keys.c.customer_id)
    Index("ix_idempotency_keys_at", keys.c.at)
    Table(
        "erased_commands",
        metadata,
        Column("shop", Text, primary_key=True),
        Column("command_id", Uuid, primary_key=True),
    )
