"""The table of the versions of one kind of document. Serving processes do not import it: SQLAlchemy takes memory."""

from typing import Any

from alembic.operations import Operations
from sqlalchemy import BigInteger, Column, Computed, Index, Integer, MetaData, Table, Text, text

from mandegar.database.migrations import isolate_by_shop
from mandegar.database.tables import instant, new_metadata
from mandegar.documents.kind import DocumentKind

_HASH = "hashtextextended(document, 0)"
_NOT_WITHDRAWN = "withdrawn_at IS NULL"


def _begin(kind: DocumentKind) -> list[str]:
    return ["shop", *(["name"] if kind.named else []), "effective_from"]


def versions_table(metadata: MetaData, kind: DocumentKind) -> Table:
    """The table of a kind. ``recomputed_to`` is the last customer recomputed, ``recomputed_at`` when all were.

    A withdrawn version keeps its number. ``document_hash`` tells documents apart without reading them.
    """
    name: list[Column[Any]] = [Column("name", Text, primary_key=True)] if kind.named else []
    progress: list[Column[Any]] = []
    if kind.recomputed:
        progress.append(Column("recomputed_to", Text, nullable=False, server_default=""))
        progress.append(instant("recomputed_at", nullable=True))
    table = Table(
        kind.table,
        metadata,
        Column("shop", Text, primary_key=True),
        *name,
        Column("version", Integer, primary_key=True, autoincrement=False),
        instant("effective_from"),
        Column("document", Text, nullable=False),
        instant("created_at"),
        *progress,
        instant("withdrawn_at", nullable=True),
        Column("document_hash", BigInteger, Computed(_HASH, persisted=True), nullable=False),
    )
    key = [table.c[column] for column in _begin(kind)]
    Index(f"ux_{kind.table}_begin", *key, unique=True, postgresql_where=text(_NOT_WITHDRAWN))
    return table


def create_versions_table(op: Operations, service: str, kind: DocumentKind) -> None:
    """Create the table in a migration. The serving roles may withdraw versions, and not change or delete them."""
    metadata = new_metadata()
    versions_table(metadata, kind)
    metadata.create_all(op.get_bind())
    isolate_by_shop(op, service, kind.table)
    op.execute(f"REVOKE UPDATE, DELETE ON {kind.table} FROM {service}_worker, {service}_web")
    if kind.recomputed:
        op.execute(f"GRANT UPDATE (recomputed_to, recomputed_at) ON {kind.table} TO {service}_worker")
    op.execute(f"GRANT UPDATE (withdrawn_at) ON {kind.table} TO {service}_worker, {service}_web")


def allow_withdrawal(op: Operations, service: str, kind: DocumentKind) -> None:
    """Add withdrawal to a table that an earlier migration created; the web role gets its right with its others."""
    constraint = f"uq_{kind.table}_{'_'.join(_begin(kind))}"
    op.execute(f"ALTER TABLE {kind.table} ADD COLUMN IF NOT EXISTS withdrawn_at timestamptz")
    op.execute(
        f"ALTER TABLE {kind.table} ADD COLUMN IF NOT EXISTS document_hash bigint"
        f" NOT NULL GENERATED ALWAYS AS ({_HASH}) STORED"
    )
    op.execute(f"ALTER TABLE {kind.table} DROP CONSTRAINT IF EXISTS {constraint}")
    op.execute(
        f"CREATE UNIQUE INDEX IF NOT EXISTS ux_{kind.table}_begin ON {kind.table} ({', '.join(_begin(kind))})"
        f" WHERE {_NOT_WITHDRAWN}"
    )
    op.execute(f"GRANT UPDATE (withdrawn_at) ON {kind.table} TO {service}_worker")
