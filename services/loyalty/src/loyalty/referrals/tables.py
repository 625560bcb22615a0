"""The tables of referrals."""

from sqlalchemy import BigInteger, Column, Index, MetaData, Table, Text, Uuid, text
from sqlalchemy.dialects.postgresql import ARRAY

from mandegar.database.customer_data import DELETED, of_customers
from mandegar.database.tables import instant


def referral_tables(metadata: MetaData) -> None:
    """Add the tables. What either side is paid follows from facts of their accounts.

    ``referral_codes``: whose a code is; it follows from ``seed`` and the key of the installation. ``referrals``: one
    row for each code by which a customer came, as their account says. ``referral_marks``: pseudonyms of what paid
    orders and of where they went, by which accounts are compared.
    """
    Table(
        "referral_codes",
        metadata,
        Column("shop", Text, primary_key=True),
        Column("code_id", Text, primary_key=True),
        Column("customer_id", Text, nullable=False),
        Column("seed", Uuid, nullable=False),
        instant("issued_at"),
        Index("ix_referral_codes_customer", "shop", "customer_id"),
        info=of_customers(merge="go to the root", erase=DELETED, export="referral_codes"),
    )
    referrals = Table(
        "referrals",
        metadata,
        Column("shop", Text, primary_key=True),
        Column("referral_id", Uuid, primary_key=True),
        Column("customer_id", Text, nullable=False),
        Column("code_id", Text, nullable=False),
        Column("state", Text, nullable=False),
        Column("reasons", ARRAY(Text), nullable=False),
        instant("claimed_at"),
        instant("due_at", nullable=True),
        instant("rewarded_at", nullable=True),
        Column("told", BigInteger, nullable=False),
        Column("decision", Text),
        Column("decided_key", Text),
        Column("decided_by", Text),
        instant("decided_at", nullable=True),
        info=of_customers(merge="go to the root", erase=DELETED, export="referrals"),
    )
    Index("ix_referrals_customer", referrals.c.shop, referrals.c.customer_id)
    Index("ix_referrals_code", referrals.c.shop, referrals.c.code_id, referrals.c.claimed_at)
    Index("ix_referrals_claimed_at", referrals.c.shop, referrals.c.claimed_at, referrals.c.referral_id)
    Index(
        "ix_referrals_review",
        referrals.c.shop,
        referrals.c.claimed_at,
        referrals.c.referral_id,
        postgresql_where=text("state = 'review'"),
    )
    Table(
        "referral_marks",
        metadata,
        *(Column(name, Text, primary_key=True) for name in ("shop", "customer_id", "kind", "mark")),
        Index("ix_referral_marks_mark", "shop", "kind", "mark"),
        info=of_customers(merge="stay: those of an alias count as the root's", erase=DELETED, export="referral_marks"),
    )
