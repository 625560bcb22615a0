"""The tables of coupons, and of codes that were tried in vain."""

from sqlalchemy import BigInteger, Column, Identity, Index, Integer, MetaData, Numeric, Table, Text, Uuid, text
from sqlalchemy.dialects.postgresql import JSONB

from mandegar.database.customer_data import of_customers
from mandegar.database.tables import instant


def coupon_tables(metadata: MetaData) -> None:
    """Add the tables."""
    _coupons(metadata)
    _batches(metadata)
    _guesses(metadata)


def _coupons(metadata: MetaData) -> None:
    """A row for each code of a pool, and for each coupon that was issued.

    ``coupon_id`` is a keyed hash of the code (``domain/coupons.py``), which is stored nowhere else: a generated one
    follows from the redemption, one of a pool is the ``nth`` of a sealed batch. It belongs to a redemption from its
    reservation on, and is issued when that is confirmed. ``terms`` are what the reward gave then, ``used_for`` is the
    order for which the coupon was used, as it is published. ``returns`` are the orders from which it has come back, by
    the number of the use, and ``used_number`` is that of the present one.
    """
    coupons = Table(
        "coupons",
        metadata,
        Column("shop", Text, primary_key=True),
        Column("coupon_id", Uuid, primary_key=True),
        Column("reward", Text, nullable=False),
        Column("place", BigInteger, Identity(), nullable=False),
        Column("batch_id", Uuid),
        Column("nth", Integer),
        Column("customer_id", Text),
        Column("redemption_id", Uuid),
        Column("prefix", Text),
        Column("kind", Text),
        Column("terms", JSONB),
        instant("issued_at", nullable=True),
        instant("expires_at", nullable=True),
        instant("used_at", nullable=True),
        Column("used_for", Text),
        Column("used_total", Numeric),
        Column("used_number", Integer),
        Column("returns", JSONB, nullable=False, server_default="{}"),
        info=of_customers(
            merge="go to the root",
            erase="of a pool's code its hash alone stays, so that it is not given again; others are deleted "
            "(`coupons/erase.py`)",
            export="coupons",
        ),
    )
    Index(
        "ix_coupons_free",
        coupons.c.shop,
        coupons.c.reward,
        coupons.c.place,
        postgresql_where=text("redemption_id IS NULL AND issued_at IS NULL"),
    )
    Index(
        "ux_coupons_redemption",
        coupons.c.shop,
        coupons.c.redemption_id,
        unique=True,
        postgresql_where=text("redemption_id IS NOT NULL"),
    )
    Index(
        "ix_coupons_used_for",
        coupons.c.shop,
        coupons.c.used_for,
        postgresql_where=text("used_for IS NOT NULL"),
    )
    Index(
        "ix_coupons_customer",
        coupons.c.shop,
        coupons.c.customer_id,
        postgresql_where=text("customer_id IS NOT NULL"),
    )


def _batches(metadata: MetaData) -> None:
    """The codes of a batch, one a line, sealed with a key that the database does not have."""
    Table(
        "coupon_batches",
        metadata,
        Column("shop", Text, primary_key=True),
        Column("batch_id", Uuid, primary_key=True),
        Column("sealed", Text, nullable=False),
    )


def _guesses(metadata: MetaData) -> None:
    """Unknown codes that were tried at one till (``key_id``: a hash of the token's key and id), or at all of a shop
    (empty), since an instant.
    """
    Table(
        "coupon_guesses",
        metadata,
        Column("shop", Text, primary_key=True),
        Column("key_id", Text, primary_key=True),
        instant("since"),
        Column("misses", Integer, nullable=False),
    )
