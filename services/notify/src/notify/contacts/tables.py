"""The columns of ``customers`` that notify adds, and the table of words about addresses."""

from typing import Any

from sqlalchemy import BigInteger, CheckConstraint, Column, MetaData, Table, Text
from sqlalchemy.dialects.postgresql import JSONB

from mandegar.database.customer_data import stays
from mandegar.database.tables import instant


def customer_columns() -> list["Column[Any]"]:
    """Ingest's snapshot of a customer, consents given to notify itself, and the latest points and purchase.

    ``band_left_version`` is the version of churn's latest ``band.left``, 0 before the first.
    """
    in_snapshots: list[Column[Any]] = [
        Column("email", Text),
        Column("phone", Text),
        Column("name", Text),
        instant("email_since", nullable=True),
        instant("phone_since", nullable=True),
        Column("locale", Text),
        Column("zone", Text),
        Column("shop_consents", JSONB, nullable=False, server_default="{}"),
    ]
    for column in in_snapshots:
        column.info |= stays("until `contacts/erase.py` clears it, unless a later snapshot has brought it")
    return [
        _version("contact_version"),
        _version("profile_version"),
        *in_snapshots,
        Column("own_consents", JSONB, nullable=False, server_default="{}"),
        _version("points_version"),
        Column("points", BigInteger),
        Column("tier", Text),
        instant("last_paid_at", nullable=True),
        _version("band_left_version"),
    ]


def _version(name: str) -> "Column[Any]":
    info = stays("what is published of readmitted customers has versions above it, what was published before has not")
    return Column(name, BigInteger, nullable=False, server_default="0", info=info)


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
