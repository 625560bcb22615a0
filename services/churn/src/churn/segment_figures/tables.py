"""The last snapshot of the figures by segment of each shop."""

from sqlalchemy import BigInteger, Column, Integer, MetaData, Numeric, Table, Text, Uuid

from mandegar.database.tables import instant


def add_segment_figures(metadata: MetaData) -> None:
    """Define the tables of snapshots: one row a shop, one a segment, and the sums of each segment."""
    Table(
        "segment_snapshots",
        metadata,
        Column("shop", Text, primary_key=True),
        Column("claim", Uuid, nullable=False, comment="of the process that took it last, or takes the next one"),
        instant("claimed_until"),
        Column("generation", BigInteger, comment="of the shop's segments; null: none was taken yet"),
        instant("taken_at", nullable=True),
    )
    Table(
        "segment_snapshot_parts",
        metadata,
        Column("shop", Text, primary_key=True),
        Column("segment", Text, primary_key=True),
        Column("version", Integer, nullable=False),
        Column("members", BigInteger, nullable=False),
        Column("customers", BigInteger, nullable=False, comment="members with an order that counts"),
        Column("fingerprint", BigInteger, nullable=False, comment="of members and their turnovers"),
    )
    Table(
        "segment_snapshot_sums",
        metadata,
        *(Column(name, Text, primary_key=True) for name in ("shop", "segment", "calendar", "kind")),
        *(Column(name, Integer, primary_key=True, autoincrement=False) for name in ("one", "other")),
        Column("customers", BigInteger, nullable=False),
        Column("orders", BigInteger, nullable=False),
        Column("revenue", Numeric, nullable=False, comment="ten-thousandths of the currency's unit"),
        Column("again", BigInteger, nullable=False, comment="customers with two orders or more by the month's end"),
    )
