"""The table of sends."""

from typing import Any

from sqlalchemy import Column, Index, Integer, MetaData, SmallInteger, Table, Text, Uuid, text
from sqlalchemy.dialects.postgresql import JSONB

from mandegar.database.customer_data import DELETED, of_customers
from mandegar.database.tables import instant


def send_columns() -> list["Column[Any]"]:
    """One send; ``payload`` is the data of the triggering event, and no column holds an address."""
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
        instant("unknown_at", nullable=True),
        # the pseudonym of the address that the latest attempt was for
        Column("address_id", Text),
        # the id under which it was started, if that has become an alias, and when it was given to the root
        Column("started_as", Text),
        instant("merged_at", nullable=True),
    ]


def send_indexes() -> list[Index]:
    """For the delivery, and for a customer's history."""
    return [
        Index("ix_sends_due", "channel", "not_before", postgresql_where=text("state = 'ready'")),
        Index("ix_sends_sending", "lease_until", postgresql_where=text("state = 'sending'")),
        Index("ix_sends_check", "check_at", postgresql_where=text("state = 'unknown' AND check_at IS NOT NULL")),
        # What waits of a customer, and what was attempted lately: a batch and a claim do not read the rest.
        Index("ix_sends_waiting", "shop", "customer_id", postgresql_where=text("state = 'ready'")),
        Index(
            "ix_sends_attempted",
            "shop",
            "customer_id",
            "attempted_at",
            postgresql_where=text("attempted_at IS NOT NULL"),
        ),
        Index("ix_sends_customer", "shop", "customer_id", "created_at", "send_id"),
        Index(
            "ix_sends_address", "shop", "address_id", "attempted_at", postgresql_where=text("address_id IS NOT NULL")
        ),
    ]


def sends_table(metadata: MetaData) -> Table:
    """Add the table of sends."""
    return Table(
        "sends",
        metadata,
        *send_columns(),
        *send_indexes(),
        info=of_customers(
            merge="become the root's, so that caps count them; one message of a journey is sent",
            erase=DELETED,
            export="messages",
        ),
    )
