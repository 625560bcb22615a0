"""The columns of ``customers`` that notify adds, and the table of words about addresses."""

from typing import Any

from sqlalchemy import BigInteger, CheckConstraint, Column, MetaData, Table, Text
from sqlalchemy.dialects.postgresql import JSONB

from mandegar.database.tables import instant


def customer_columns() -> list["Column[Any]"]:
    """Ingest's snapshot of a customer, consents given to notify itself, and the latest points and purchase.

    ``band_left_version`` is the version of churn's latest ``band.left``, 0 before the first.
    """
    return [
        Column("contact_version", BigInteger, nullable=False, server_default="0"),
        Column("profile_version", BigInteger, nullable=False, server_default="0"),
        Column("email", Text),
        Column("phone", Text),
        Column("name", Text),
        instant("email_since", nullable=True),
        instant("phone_since", nullable=True),
        Column("locale", Text),
        Column("zone", Text),
        Column("shop_consents", JSONB, nullable=False, server_default="{}"),
        Column("own_consents", JSONB, nullable=False, server_default="{}"),
        Column("points_version", BigInteger, nullable=False, server_default="0"),
        Column("points", BigInteger),
        Column("tier", Text),
        instant("last_paid_at", nullable=True),
        Column("band_left_version", BigInteger, nullable=False, server_default="0"),
    ]


def address_consents_table(metadata: MetaData) -> Table:
    """Add the table of what customers said to notify itself, by the pseudonym of the address that it is about."""
    return Table(
        "address_consents",
        metadata,
        *(Column(name, Text, primary_key=True) for name in ("shop", "channel", "address_id")),
        Column("status", Text, nullable=False),
        instant("at"),
        Column("method", Text, nullable=False),
        CheckConstraint("status IN ('granted', 'withdrawn')", name="status"),
    )
