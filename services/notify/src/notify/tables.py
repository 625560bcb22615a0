"""The tables of notify: contacts and what else a message needs to know of a customer, and the sends."""

from typing import Any

from sqlalchemy import BigInteger, Column, Index, Integer, SmallInteger, Table, Text, Uuid, text
from sqlalchemy.dialects.postgresql import JSONB

from mandegar.database.tables import customers_table, instant, new_metadata, standard_tables


def customer_columns() -> list["Column[Any]"]:
    """Ingest's snapshot of a customer, the consents given to notify itself, and the last news of other services."""
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
    ]


def send_columns() -> list["Column[Any]"]:
    """One send; ``payload`` is what the triggering event said, and no address stands in any column."""
    return [
        Column("send_id", Uuid, primary_key=True),
        *(Column(name, Text, nullable=False) for name in ("shop", "customer_id", "journey")),
        Column("journey_version", Integer, nullable=False),
        *(Column(name, Text, nullable=False) for name in ("channel", "template", "cause_type")),
        Column("cause_id", Uuid, nullable=False),
        Column("correlation_id", Uuid, nullable=False),
        Column("hops", SmallInteger, nullable=False),
        Column("payload", JSONB, nullable=False),
        instant("triggered_at"),
        instant("created_at"),
        instant("no_later_than"),
        Column("state", Text, nullable=False),
        Column("reason", Text),
        Column("locale", Text),
        instant("not_before"),
        Column("attempt", Integer, nullable=False, server_default="0"),
        instant("attempted_at", nullable=True),
        instant("lease_until", nullable=True),
        instant("check_at", nullable=True),
        instant("decided_at", nullable=True),
        Column("provider_ref", Text),
    ]


def send_indexes() -> list[Index]:
    """What the delivery looks for, and a customer's history."""
    return [
        Index("ix_sends_ready", "not_before", postgresql_where=text("state = 'ready'")),
        Index("ix_sends_sending", "lease_until", postgresql_where=text("state = 'sending'")),
        Index("ix_sends_check", "check_at", postgresql_where=text("state = 'unknown' AND check_at IS NOT NULL")),
        Index("ix_sends_customer", "shop", "customer_id", "created_at", "send_id"),
    ]


metadata = new_metadata()
standard_tables(metadata)
customers_table(metadata, *customer_columns())
Table("sends", metadata, *send_columns(), *send_indexes())
