"""The table of repairs."""

from sqlalchemy import BigInteger, CheckConstraint, Column, Index, MetaData, Table, Text, Uuid, text

from mandegar.database.tables import instant


def repairs_table(metadata: MetaData) -> None:
    """Add ``repairs``: what is done to all events in quarantine that have one cause, and how far it is.

    ``steps`` is the mapping as JSON. ``events`` are those that were there at its start. Those up to
    (``tried_until``, ``tried_until_id``) have been tried; ``remaining`` counts those that are still in quarantine by
    their code, as JSON.
    """
    running = text("state = 'running'")
    Table(
        "repairs",
        metadata,
        Column("id", Uuid, primary_key=True),
        Column("shop", Text, nullable=False),
        Column("group_id", Uuid, nullable=False),
        Column("source_id", Text, nullable=False),
        Column("steps", Text, nullable=False),
        Column("state", Text, nullable=False, server_default="running"),
        *(
            Column(name, BigInteger, nullable=False, server_default="0")
            for name in ("events", "tried", "accepted", "duplicates")
        ),
        Column("remaining", Text, nullable=False, server_default="{}"),
        instant("started_at"),
        instant("moved_at"),
        instant("finished_at", nullable=True),
        instant("tried_until", nullable=True),
        Column("tried_until_id", Uuid),
        CheckConstraint("state IN ('running', 'finished', 'stopped')", name="state"),
        # Two operators cannot repair one group in two ways at once.
        Index("uq_repairs_running", "shop", "group_id", unique=True, postgresql_where=running),
        Index("ix_repairs_running", "moved_at", postgresql_where=running),
        Index("ix_repairs_shop", "shop", "started_at", "id"),
    )
