"""The tables of imports. None has a value of a person: errors name line, column and cause."""

from sqlalchemy import BigInteger, Boolean, CheckConstraint, Column, Index, MetaData, SmallInteger, Table, Text, Uuid

from mandegar.database.tables import instant


def import_tables(metadata: MetaData) -> None:
    """Add ``imports``, ``import_parts`` and ``import_errors``.

    An import is one file with one way to read it: ``options`` is that way, as JSON. Of a part, ``totals`` counts what
    was in its lines, as JSON; lines from ``first_line`` up to before ``next_line`` belong to it, and to no other.
    """
    Table(
        "imports",
        metadata,
        Column("id", Uuid, primary_key=True),
        Column("shop", Text, nullable=False),
        Column("kind", Text, nullable=False),
        Column("name", Text, nullable=False),
        Column("fingerprint", Text, nullable=False),
        Column("options", Text, nullable=False),
        # Hash of the options and `as_of`; with the id behind it once the same file was imported again.
        Column("digest", Text, nullable=False),
        Column("dry_run", Boolean, nullable=False),
        Column("state", Text, nullable=False, server_default="running"),
        instant("as_of", nullable=True),
        instant("started_at"),
        instant("moved_at"),
        instant("finished_at", nullable=True),
        CheckConstraint("state IN ('running', 'finished', 'stopped')", name="state"),
        Index("uq_imports_file", "shop", "kind", "fingerprint", "dry_run", "digest", unique=True),
        Index("ix_imports_shop", "shop", "started_at", "id"),
        Index("ix_imports_moved", "moved_at"),
    )
    Table(
        "import_parts",
        metadata,
        Column("import_id", Uuid, primary_key=True),
        Column("first_line", BigInteger, primary_key=True),
        Column("next_line", BigInteger, nullable=False),
        Column("shop", Text, nullable=False),
        Column("totals", Text, nullable=False),
    )
    Table(
        "import_errors",
        metadata,
        Column("import_id", Uuid, primary_key=True),
        Column("line", BigInteger, primary_key=True),
        Column("place", SmallInteger, primary_key=True),
        Column("shop", Text, nullable=False),
        Column("column_name", Text),
        Column("code", Text, nullable=False),
        Column("detail", Text, nullable=False),
        # False: the row was accepted without what is meant.
        Column("refused", Boolean, nullable=False),
    )
