"""The first tables of churn: customers with their packed orders, model versions, backfills and cards."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from mandegar.database.migrations import create_customers, create_standard_tables, isolate_by_shop

revision = "0001_pre_initial"
down_revision = None
branch_labels = None
depends_on = None

_INSTANT = sa.DateTime(timezone=True)


def upgrade() -> None:
    create_standard_tables(op, "churn")
    create_customers(op, "churn", *_customer_columns())
    _create_models()
    _create_backfills()
    _create_cards()


def downgrade() -> None:
    raise NotImplementedError("the first tables are removed with their database")


def _customer_columns() -> list[sa.schema.SchemaItem]:
    return [
        sa.Column(
            "orders", sa.LargeBinary, nullable=False, server_default=sa.text("''::bytea"), comment="domain/orders.py"
        ),
        sa.Column("x", sa.Integer, comment="repeat purchases; null before the first purchase"),
        sa.Column("first_day", sa.Integer, comment="proleptic ordinal, in the shop's zone"),
        sa.Column("last_day", sa.Integer),
        sa.Column("band", sa.Text, comment="the one published last"),
        sa.Column("band_since", _INSTANT),
        sa.Column("value_at_risk", sa.Numeric, comment="as of band_since"),
        sa.Column("version", sa.BigInteger, nullable=False, server_default="0"),
        sa.Column("model_version", sa.BigInteger),
        sa.Column("zone", sa.Text),
        sa.Column("backfill_until", _INSTANT),
        sa.Column("last_event_at", _INSTANT),
        sa.Column("interactions", sa.BigInteger, nullable=False, server_default="0"),
        sa.Column("last_interaction_at", _INSTANT),
        sa.Column("tickets_opened", sa.Integer, nullable=False, server_default="0"),
        sa.Column("tickets_closed", sa.Integer, nullable=False, server_default="0"),
        sa.Index(
            "ix_customers_band",
            "shop",
            "band",
            sa.text("value_at_risk DESC"),
            sa.text("customer_id DESC"),
            postgresql_where=sa.text("band IS NOT NULL"),
        ),
    ]


def _create_models() -> None:
    op.create_table(
        "models",
        sa.Column("shop", sa.Text, nullable=False),
        sa.Column("version", sa.BigInteger, nullable=False, autoincrement=False),
        sa.Column("fitted_at", _INSTANT, nullable=False),
        sa.Column("through_day", sa.Date, nullable=False, comment="the last day, in the shop's zone, that the fit saw"),
        sa.Column("horizon_days", sa.SmallInteger, nullable=False),
        sa.Column("drops", postgresql.ARRAY(sa.Double), nullable=False),
        sa.Column("parameters", postgresql.JSONB, nullable=False),
        sa.Column("quality", postgresql.JSONB, nullable=False),
        sa.PrimaryKeyConstraint("shop", "version", name="pk_models"),
    )
    isolate_by_shop(op, "churn", "models")


def _create_backfills() -> None:
    op.create_table(
        "backfills",
        sa.Column("shop", sa.Text, nullable=False),
        sa.Column("source_id", sa.Text, nullable=False),
        sa.Column("partition", sa.Integer, nullable=False, autoincrement=False),
        sa.Column("last_event_at", _INSTANT),
        sa.Column("closed_at", _INSTANT),
        sa.Column("model_version", sa.BigInteger),
        sa.PrimaryKeyConstraint("shop", "source_id", "partition", name="pk_backfills"),
    )
    isolate_by_shop(op, "churn", "backfills")


def _create_cards() -> None:
    op.create_table(
        "cards",
        sa.Column("shop", sa.Text, nullable=False),
        sa.Column("customer_id", sa.Text, nullable=False),
        sa.Column("points", postgresql.JSONB),
        sa.Column("points_version", sa.BigInteger, nullable=False, server_default="0"),
        sa.Column("points_at", _INSTANT),
        sa.Column("tier", sa.Text),
        sa.Column("tier_version", sa.BigInteger, nullable=False, server_default="0"),
        sa.Column("messages", postgresql.JSONB, nullable=False, server_default=sa.text("'[]'::jsonb")),
        sa.Column("messages_at", _INSTANT),
        sa.PrimaryKeyConstraint("shop", "customer_id", name="pk_cards"),
    )
    op.execute("ALTER TABLE cards SET (fillfactor = 80, autovacuum_vacuum_scale_factor = 0.02)")
    isolate_by_shop(op, "churn", "cards")
