"""The tables of the hallway: accepted events, profiles, quarantine, and events that await an order or its owner."""

from sqlalchemy import (
    ARRAY,
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    Computed,
    Index,
    LargeBinary,
    MetaData,
    Table,
    Text,
    Uuid,
    text,
)
from sqlalchemy.dialects.postgresql import JSONB

from mandegar.database.customer_data import DELETED, not_exported, of_customers, stays
from mandegar.database.tables import customers_table, instant

GROUP_OF_CAUSE = "md5(source_id || ' ' || code || ' ' || detail)::uuid"


def hallway_tables(metadata: MetaData) -> None:
    """Add ``customers``, ``events``, ``quarantine``, ``waiting_refunds`` and ``unclaimed_order_events``."""
    # `profile` maps each field to [value, microseconds, event id]; `version` is that of the last published snapshot.
    customers_table(
        metadata,
        Column(
            "version",
            BigInteger,
            nullable=False,
            server_default="0",
            info=stays("whoever is readmitted gets snapshots above those before"),
        ),
        Column("profile", JSONB, nullable=False, server_default="{}"),
        # By which the door finds out whether an event names an alias: it is empty without aliases.
        Index("ix_customers_alias", "shop", "customer_id", postgresql_where=text("merged_into IS NOT NULL")),
    )
    # The history of accepted events, whose primary key is the deduplication. `published` is false for orders of a
    # source that is not the record of orders, and for refunds whose order has not arrived. `customer_id` is the id
    # under which the event was sent; `received_by` whose it is, if neither this customer's nor their root's.
    Table(
        "events",
        metadata,
        Column("event_id", Uuid, primary_key=True),
        Column("shop", Text, nullable=False),
        Column("source_id", Text, nullable=False),
        Column("native_id", Text, nullable=False),
        Column("type", Text, nullable=False),
        Column("customer_id", Text),
        Column("order_id", Text),
        instant("time"),
        instant("recorded_time"),
        Column("published", Boolean, nullable=False),
        Column("code", Text),
        Column("body", LargeBinary),
        Column("body_hash", LargeBinary, nullable=False),
        Column("received_by", Text),
        # Whether its source was a browser, whose key is public: bodies of those have an end.
        Column("of_browser", Boolean, nullable=False, server_default="false"),
        Index(
            "ix_events_visit_body", "shop", "recorded_time", postgresql_where=text("body IS NOT NULL AND of_browser")
        ),
        Index("ix_events_customer", "shop", "customer_id", "time", "event_id"),
        Index("ix_events_body", "shop", "recorded_time", postgresql_where=text("body IS NOT NULL")),
        Index("ix_events_order", "shop", "order_id", postgresql_where=text("order_id IS NOT NULL")),
        Index(
            "ix_events_received_by",
            *("shop", "received_by", "time", "event_id"),
            postgresql_where=text("received_by IS NOT NULL"),
        ),
        info=of_customers(
            merge="stay under the id that was posted; `received_by` names for whom it was published",
            erase="stay as ids that were accepted, without their content (`empty_events`)",
            export=not_exported(
                "the part's `export_more` has them: of a shared browser not all events are one person's"
            ),
        ),
    )
    _quarantine_table(metadata)
    _unsettled_tables(metadata)


def _quarantine_table(metadata: MetaData) -> None:
    # `id` is derived from source, code and body, so the same event refused again is the same row. `sent_at` is the time
    # of an event that states none, where that is not `received_at`. `record_of_orders` is whether its source was that
    # then. `group_id` is the same for one cause in one source: details name the place in the body, and no value.
    # `names` are the ids of customers in the body; null where a release that did not look for them stored the event.
    Table(
        "quarantine",
        metadata,
        Column("id", Uuid, primary_key=True),
        Column("shop", Text, nullable=False),
        Column("source_id", Text, nullable=False),
        Column("native_id", Text),
        Column("code", Text, nullable=False),
        Column("detail", Text, nullable=False),
        Column("body", LargeBinary, nullable=False),
        Column("state", Text, nullable=False, server_default="open"),
        instant("sent_at", nullable=True),
        instant("received_at"),
        instant("resolved_at", nullable=True),
        Column("record_of_orders", Boolean),
        Column("group_id", Uuid, Computed(GROUP_OF_CAUSE, persisted=True)),
        Column("names", ARRAY(Text)),
        CheckConstraint("state IN ('open', 'released', 'dropped')", name="state"),
        Index("ix_quarantine_shop", "shop", "state", "received_at", "id"),
        Index(
            "ix_quarantine_group",
            *("shop", "group_id", "received_at", "id"),
            postgresql_where=text("state = 'open'"),
        ),
        Index("ix_quarantine_names", "names", postgresql_using="gin"),
        Index("ix_quarantine_unnamed", "shop", postgresql_where=text("names IS NULL")),
    )


def _unsettled_tables(metadata: MetaData) -> None:
    # Refunds and cancellations without a customer, until their order arrives. `event` is the canonical event, encoded.
    Table(
        "waiting_refunds",
        metadata,
        Column("event_id", Uuid, primary_key=True),
        Column("shop", Text, nullable=False),
        Column("order_id", Text, nullable=False),
        Column("event", LargeBinary, nullable=False),
        instant("received_at"),
        Index("ix_waiting_refunds_order", "shop", "order_id"),
        Index("ix_waiting_refunds_received_at", "received_at"),
    )
    # Events about orders that were published for a customer without a claim that stands, such as a guest: they move to
    # the account that claims the order. `event` is the canonical event, encoded, with the customer whom it names.
    Table(
        "unclaimed_order_events",
        metadata,
        Column("event_id", Uuid, primary_key=True),
        Column("shop", Text, nullable=False),
        Column("order_id", Text, nullable=False),
        Column("published_for", Text, nullable=False),
        Column("event", LargeBinary, nullable=False),
        instant("received_at"),
        Index("ix_unclaimed_order_events_order", "shop", "order_id"),
        Index(
            "ix_unclaimed_order_events_missed",
            "received_at",
            postgresql_where=text("left(published_for, 2) NOT IN ('g_', 'a_')"),
        ),
        Index("ix_unclaimed_order_events_published_for", "shop", "published_for"),
        info=of_customers(
            merge="stay; whoever moves the order asks for the root",
            erase=DELETED,
            export=not_exported("they repeat events of the history, until their orders are claimed"),
            customer="published_for",
        ),
    )
    # What customers said to notify itself; `subject` is a customer id, or the pseudonym of an address.
    Table(
        "own_consents",
        metadata,
        *(Column(name, Text, primary_key=True) for name in ("shop", "channel", "subject")),
        Column("status", Text, nullable=False),
        instant("at"),
        Column("method", Text, nullable=False),
        Index("ix_own_consents_subject", "shop", "subject"),
        info=of_customers(
            merge="the newest of each channel goes to the root",
            erase=DELETED,
            export="own_consents",
            customer="subject",
        ),
    )
