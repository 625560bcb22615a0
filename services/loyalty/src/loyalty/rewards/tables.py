"""The tables of rewards: versions of catalogues, and what was taken of their rewards."""

from sqlalchemy import BigInteger, Boolean, Column, Index, Integer, MetaData, Table, Text, Uuid, text
from sqlalchemy.dialects.postgresql import JSONB

from loyalty.rewards.document import CATALOGUES
from mandegar.database.customer_data import of_customers
from mandegar.database.tables import instant
from mandegar.documents.tables import versions_table


def reward_tables(metadata: MetaData) -> None:
    """Add the tables."""
    versions_table(metadata, CATALOGUES)
    # Locked while somebody takes of the reward. ``confirmed`` counts the takes that are ``counted``.
    Table(
        "reward_stocks",
        metadata,
        Column("shop", Text, primary_key=True),
        Column("reward", Text, primary_key=True),
        Column("confirmed", BigInteger, nullable=False),
    )
    # A row for each redemption of a reward, which is as it was when it was reserved. A reservation that has ended by
    # itself stays ``reserved`` until somebody else takes of the reward.
    takes = Table(
        "reward_takes",
        metadata,
        Column("shop", Text, primary_key=True),
        Column("redemption_id", Uuid, primary_key=True),
        Column("customer_id", Text),
        Column("reward", Text, nullable=False),
        Column("kind", Text, nullable=False),
        Column("terms", JSONB, nullable=False),
        Column("coupon", Text, nullable=False),
        Column("prefix", Text, nullable=False),
        Column("valid_days", Integer),
        Column("state", Text, nullable=False),
        instant("taken_at"),
        instant("ends_at"),
        Column("counted", Boolean, nullable=False, server_default="false"),
        info=of_customers(
            merge="go to the root, where they count for limits",
            erase="stay for the stock, without the person (`rewards/erase.py`)",
            export="rewards",
        ),
    )
    Index(
        "ix_reward_takes_open",
        takes.c.shop,
        takes.c.reward,
        postgresql_where=text("NOT counted AND state IN ('reserved', 'confirmed')"),
    )
    Index(
        "ix_reward_takes_customer",
        takes.c.shop,
        takes.c.customer_id,
        postgresql_where=text("customer_id IS NOT NULL"),
    )
