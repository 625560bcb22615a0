"""SQLAlchemy definitions of the tables that every service has. A test compares them with what the migrations create."""

from typing import Any

from sqlalchemy import (
    ARRAY,
    BigInteger,
    Boolean,
    Column,
    Computed,
    DateTime,
    Identity,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    SmallInteger,
    Table,
    Text,
    UniqueConstraint,
    Uuid,
    func,
    text,
)
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.sql.schema import SchemaItem

from mandegar.database.customer_data import not_exported, of_customers

NAMING = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s",
    "pk": "pk_%(table_name)s",
}

# Shops are ASCII without a colon; `encode` is immutable, unlike `convert_from`.
SHOP_OF_KEY = "split_part(encode(key, 'escape'), ':', 1)"


def instant(name: str, *, nullable: bool = False, default_now: bool = False) -> "Column[Any]":
    """A column of type ``timestamptz``."""
    return Column(name, DateTime(timezone=True), nullable=nullable, server_default=func.now() if default_now else None)


def new_metadata() -> MetaData:
    """Empty metadata with the project's naming of constraints and indexes."""
    return MetaData(naming_convention=NAMING)


def standard_tables(metadata: MetaData) -> None:
    """Add the tables that every service has."""
    _lane_tables(metadata)
    _brakes_table(metadata)
    _outbox_tables(metadata)
    _erasures_table(metadata)
    Table("shops", metadata, *shop_columns())
    # `times` is above 1 in a line that stands for refused attempts which were only counted.
    Table(
        "audit",
        metadata,
        Column("id", BigInteger, Identity(always=True), primary_key=True),
        instant("at", default_now=True),
        *(Column(name, Text, nullable=False) for name in ("shop", "key_id", "action", "target", "result")),
        *(Column(name, Text) for name in ("subject", "address", "request_id")),
        Column("times", Integer, nullable=False, server_default="1"),
        Index("ix_audit_shop", "shop", "at", "id"),
        Index("ix_audit_at", "at", "id"),
        Index("ix_audit_subject", "shop", "subject", postgresql_where=text("subject IS NOT NULL")),
        info=of_customers(
            merge="stay: they tell who acted, under the id that the token named",
            erase="stay without the customer, as acts of nobody (`erase_audit` of the database)",
            export="acts",
            customer="subject",
        ),
    )


def _lane_tables(metadata: MetaData) -> None:
    Table(
        "offsets",
        metadata,
        Column("consumer_group", Text, primary_key=True),
        Column("topic", Text, primary_key=True),
        Column("partition", Integer, primary_key=True, autoincrement=False),
        Column("next_offset", BigInteger, nullable=False),
        instant("updated_at", default_now=True),
    )
    Table(
        "inbox",
        metadata,
        # The id comes first: almost every comparison of two keys then ends at the first column.
        Column("event_id", Uuid, primary_key=True),
        Column("consumer_group", Text, primary_key=True),
        instant("recorded_time"),
        Index("ix_inbox_recorded_time", "recorded_time"),
    )
    Table(
        "dead_letters",
        metadata,
        Column("id", BigInteger, Identity(always=True), primary_key=True),
        Column("consumer_group", Text, nullable=False),
        Column("topic", Text, nullable=False),
        Column("partition", Integer, nullable=False),
        Column("record_offset", BigInteger, nullable=False),
        Column("key", LargeBinary, nullable=True),
        Column("value", LargeBinary, nullable=True),
        Column("event_id", Uuid, nullable=True),
        Column("shop", Text, nullable=True),
        Column("code", Text, nullable=False),
        Column("detail", Text, nullable=False),
        instant("received_at"),
        instant("released_at", nullable=True),
        UniqueConstraint("consumer_group", "topic", "partition", "record_offset"),
        Index("ix_dead_letters_open", "id", postgresql_where=text("released_at IS NULL")),
        Index("ix_dead_letters_content", "shop", postgresql_where=text("released_at IS NULL AND value IS NOT NULL")),
        Index("ix_dead_letters_released_at", "released_at"),
        # A key may be too long for a B-tree.
        Index("ix_dead_letters_key", "key", postgresql_using="hash", postgresql_where=text("key IS NOT NULL")),
    )
    _waiting_table(metadata)
    Table(
        "applied",
        metadata,
        Column("consumer_group", Text, primary_key=True),
        Column("partition", Integer, primary_key=True, autoincrement=False),
        Column("type", Text, primary_key=True),
        Column("events", BigInteger, nullable=False),
    )


def _waiting_table(metadata: MetaData) -> None:
    # Events and settlings of customers whom a batch leaves to the lane beside. `id` gives their order; a settling has
    # the group `timer` and no event.
    Table(
        "waiting_beside",
        metadata,
        Column("shop", Text, primary_key=True),
        Column("customer_id", Text, primary_key=True),
        Column("id", BigInteger, Identity(always=True), primary_key=True),
        Column("consumer_group", Text, nullable=False),
        Column("topic", Text, nullable=False, server_default=""),
        Column("partition", Integer, nullable=False, server_default="0"),
        Column("record_offset", BigInteger, nullable=False, server_default="0"),
        Column("event_id", Uuid, nullable=True),
        Column("key", LargeBinary, nullable=True),
        Column("value", LargeBinary, nullable=True),
        instant("since", default_now=True),
        Index("ix_waiting_beside_event_id", "event_id"),
        info=of_customers(
            merge="stay in their order, and go to the root when they are applied",
            erase="stay in their order, and are dropped when their turn comes",
            export=not_exported("they are applied within seconds, and then part of the other tables"),
        ),
    )


def _erasures_table(metadata: MetaData) -> None:
    # One row for each id of an erased person. `removed` lists what was removed and what stays, without the person.
    Table(
        "erasures",
        metadata,
        Column("shop", Text, primary_key=True),
        Column("erasure_id", Uuid, primary_key=True),
        Column("customer_id", Text, primary_key=True),
        Column("ids", Integer, nullable=False, comment="of how many ids of the person the erasure is published"),
        Column("keep_books", Boolean, nullable=False),
        instant("asked_at"),
        instant("applied_at", nullable=True),
        Column("removed", JSONB, nullable=False, server_default=text("'[]'::jsonb")),
        info=of_customers(
            merge="stay: they tell what was erased, under the id that was",
            erase="stay: they tell that it was done, and name the person by a pseudonym alone",
            export=not_exported("they hold nothing of the person but that they were erased"),
        ),
    )


def _brakes_table(metadata: MetaData) -> None:
    # A process stands in a row while its dead-letter brake is engaged, and goes on once that is deleted.
    Table(
        "brakes",
        metadata,
        Column("consumer_group", Text, primary_key=True),
        Column("member", Text, primary_key=True),
        Column("reason", Text, nullable=False),
        instant("engaged_at", default_now=True),
    )


def _outbox_tables(metadata: MetaData) -> None:
    Table(
        "outbox",
        metadata,
        Column("id", BigInteger, Identity(always=True), primary_key=True),
        Column("topic", Text, nullable=False),
        Column("hash", BigInteger, nullable=False, comment="CRC32 of the key; modulo partitions it is the partition"),
        Column("key", LargeBinary, nullable=False),
        Column("value", LargeBinary, nullable=True, comment="null: a tombstone"),
        instant("created_at", default_now=True),
        # The key begins with the shop, so a row cannot name another one.
        Column("shop", Text, Computed(SHOP_OF_KEY, persisted=True), nullable=False),
    )
    Table(
        "outbox_published",
        metadata,
        Column("id", BigInteger, nullable=False),
        Column("topic", Text, nullable=False),
        Column("hash", BigInteger, nullable=False),
        Column("key", LargeBinary, nullable=False),
        Column("value", LargeBinary, nullable=True),
        instant("published_at", default_now=True),
        postgresql_partition_by="RANGE (published_at)",
    )


def shop_columns() -> list["Column[Any]"]:
    """The columns of a shop as ingest publishes it; ``version`` is assigned by ingest."""
    texts = ("name", "zone", "currency", "locale", "phone_region", "sender_email", "sms_sender")
    return [
        Column("shop", Text, primary_key=True),
        Column("version", BigInteger, nullable=False),
        *(Column(name, Text, nullable=False) for name in texts),
        Column("origins", ARRAY(Text), nullable=False, server_default="{}"),
        Column("sender_verified", Boolean, nullable=False, server_default="true"),
        Column("keep_books", Boolean, nullable=False, server_default="false"),
        Column("customer_ids", Text, nullable=False, server_default="as_sent"),
        Column("attributes", JSONB, nullable=False, server_default="{}"),
        instant("points_from", nullable=True),
    ]


def customers_table(metadata: MetaData, *columns: SchemaItem) -> Table:
    """The table ``customers``: a row is locked before any state of its customer changes; the timer reads ``due_at``.

    The service's own columns need server defaults, because ``lock_customers`` inserts a row with its key alone, and an
    erasure sets them to these unless they are declared to stay (``stays``).
    The row of an alias stays, with ``merged_into``, the root, who has taken over what it held. ``alias_of`` is the
    customer whom its latest merge named, and ``merge_version`` the version of its latest merge or split. The row of an
    erased customer stays, and has ``erased_at`` until they are readmitted. What stays then is of their latest erasure:
    ``erased_by`` its id, ``erased_before`` when it was recorded, ``erased_profile`` the version of the last snapshot
    before it. ``erasure_version`` is that of their latest erasure or readmission.
    """
    return Table(
        "customers",
        metadata,
        Column("shop", Text, primary_key=True),
        Column("customer_id", Text, primary_key=True),
        Column("partition", SmallInteger, nullable=False),
        instant("due_at", nullable=True),
        Column("alias_of", Text),
        Column("merged_into", Text),
        Column("merge_version", BigInteger),
        instant("erased_at", nullable=True),
        Column("erased_by", Uuid),
        Column("erasure_version", BigInteger),
        instant("erased_before", nullable=True),
        Column("erased_profile", BigInteger),
        *columns,
        Index("ix_customers_due_at", "due_at", postgresql_where=text("due_at IS NOT NULL")),
        Index("ix_customers_alias_of", "shop", "alias_of", postgresql_where=text("alias_of IS NOT NULL")),
        Index("ix_customers_erased", "shop", "customer_id", postgresql_where=text("erased_at IS NOT NULL")),
        Index("ix_customers_merged_into", "shop", "merged_into", postgresql_where=text("merged_into IS NOT NULL")),
        info=of_customers(
            merge="stay, with the root; `merge` of the service's parts gives it what they hold",
            erase="stay as tombstones, with the defaults of all columns that are not declared to stay",
            export="customers",
        ),
    )
