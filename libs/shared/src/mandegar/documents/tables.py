"""The table of the versions of one kind of document. Serving processes do not import it: SQLAlchemy takes memory."""

from typing import Any

from alembic.operations import Operations
from sqlalchemy import Column, Integer, MetaData, Table, Text, UniqueConstraint

from mandegar.database.migrations import isolate_by_shop
from mandegar.database.tables import instant, new_metadata
from mandegar.documents.kind import DocumentKind


def versions_table(metadata: MetaData, kind: DocumentKind) -> Table:
    """The table of a kind. ``recomputed_to`` is the last customer recomputed, ``recomputed_at`` when all were."""
    name: list[Column[Any]] = [Column("name", Text, primary_key=True)] if kind.named else []
    progress: list[Column[Any]] = []
    if kind.recomputed:
        progress.append(Column("recomputed_to", Text, nullable=False, server_default=""))
        progress.append(instant("recomputed_at", nullable=True))
    return Table(
        kind.table,
        metadata,
        Column("shop", Text, primary_key=True),
        *name,
        Column("version", Integer, primary_key=True, autoincrement=False),
        instant("effective_from"),
        Column("document", Text, nullable=False),
        instant("created_at"),
        *progress,
        UniqueConstraint("shop", *(column.name for column in name), "effective_from"),
    )


def create_versions_table(op: Operations, service: str, kind: DocumentKind) -> None:
    """Create the table in a migration. The worker and web roles may not change or delete versions."""
    metadata = new_metadata()
    versions_table(metadata, kind)
    metadata.create_all(op.get_bind())
    isolate_by_shop(op, service, kind.table)
    op.execute(f"REVOKE UPDATE, DELETE ON {kind.table} FROM {service}_worker, {service}_web")
    if kind.recomputed:
        op.execute(f"GRANT UPDATE (recomputed_to, recomputed_at) ON {kind.table} TO {service}_worker")
