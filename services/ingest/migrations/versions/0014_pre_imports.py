"""Moving in: imports of files, their parts, and errors by line."""

import sqlalchemy as sa
from alembic import op

from mandegar.database.migrations import isolate_by_shop
from mandegar.database.tables import instant

revision = "0014_pre_imports"
down_revision = "0013_pre_reconciling"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "imports",
        sa.Column("id", sa.Uuid, nullable=False),
        *(
            sa.Column(name, sa.Text, nullable=False)
            for name in ("shop", "kind", "name", "fingerprint", "options", "digest")
        ),
        sa.Column("dry_run", sa.Boolean, nullable=False),
        sa.Column("state", sa.Text, nullable=False, server_default="running"),
        instant("as_of", nullable=True),
        instant("started_at"),
        instant("moved_at"),
        instant("finished_at", nullable=True),
        sa.PrimaryKeyConstraint("id", name="pk_imports"),
        sa.CheckConstraint("state IN ('running', 'finished', 'stopped')", name=op.f("ck_imports_state")),
    )
    op.create_index("uq_imports_file", "imports", ["shop", "kind", "fingerprint", "dry_run", "digest"], unique=True)
    op.create_index("ix_imports_shop", "imports", ["shop", "started_at", "id"])
    op.create_index("ix_imports_moved", "imports", ["moved_at"])
    op.create_table(
        "import_parts",
        sa.Column("import_id", sa.Uuid, nullable=False),
        sa.Column("first_line", sa.BigInteger, nullable=False),
        sa.Column("next_line", sa.BigInteger, nullable=False),
        sa.Column("shop", sa.Text, nullable=False),
        sa.Column("totals", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("import_id", "first_line", name="pk_import_parts"),
    )
    op.create_table(
        "import_errors",
        sa.Column("import_id", sa.Uuid, nullable=False),
        sa.Column("line", sa.BigInteger, nullable=False),
        sa.Column("place", sa.SmallInteger, nullable=False),
        sa.Column("shop", sa.Text, nullable=False),
        sa.Column("column_name", sa.Text),
        sa.Column("code", sa.Text, nullable=False),
        sa.Column("detail", sa.Text, nullable=False),
        sa.Column("refused", sa.Boolean, nullable=False),
        sa.PrimaryKeyConstraint("import_id", "line", "place", name="pk_import_errors"),
    )
    for table in ("imports", "import_parts", "import_errors"):
        isolate_by_shop(op, "ingest", table)
        op.execute(f"REVOKE ALL ON {table} FROM ingest_web")
        op.execute(f"GRANT SELECT ON {table} TO ingest_web")


def downgrade() -> None:
    raise NotImplementedError("the progress of imports would be lost: restore a backup to go back before this release")
