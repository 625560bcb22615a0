"""The first shape: the standard tables, customers with their contacts, and sends."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

from mandegar.database.migrations import create_customers, create_standard_tables, isolate_by_shop

revision = "0001_pre_initial"
down_revision = None


def instant(name: str, *, nullable: bool = False) -> sa.Column:
    return sa.Column(name, sa.DateTime(timezone=True), nullable=nullable)


def upgrade() -> None:
    create_standard_tables(op, "notify")
    create_customers(
        op,
        "notify",
        sa.Column("contact_version", sa.BigInteger, nullable=False, server_default="0"),
        sa.Column("profile_version", sa.BigInteger, nullable=False, server_default="0"),
        sa.Column("email", sa.Text),
        sa.Column("phone", sa.Text),
        sa.Column("name", sa.Text),
        instant("email_since", nullable=True),
        instant("phone_since", nullable=True),
        sa.Column("locale", sa.Text),
        sa.Column("zone", sa.Text),
        sa.Column("shop_consents", JSONB, nullable=False, server_default="{}"),
        sa.Column("own_consents", JSONB, nullable=False, server_default="{}"),
        sa.Column("points_version", sa.BigInteger, nullable=False, server_default="0"),
        sa.Column("points", sa.BigInteger),
        sa.Column("tier", sa.Text),
        instant("last_paid_at", nullable=True),
    )
    create_sends()


def create_sends() -> None:
    op.create_table(
        "sends",
        sa.Column("send_id", sa.Uuid),
        *(sa.Column(name, sa.Text, nullable=False) for name in ("shop", "customer_id", "journey")),
        sa.Column("journey_version", sa.Integer, nullable=False),
        *(sa.Column(name, sa.Text, nullable=False) for name in ("channel", "template", "cause_type")),
        sa.Column("cause_id", sa.Uuid, nullable=False),
        sa.Column("correlation_id", sa.Uuid, nullable=False),
        sa.Column("hops", sa.SmallInteger, nullable=False),
        sa.Column("payload", JSONB, nullable=False),
        instant("triggered_at"),
        instant("created_at"),
        instant("no_later_than"),
        sa.Column("state", sa.Text, nullable=False),
        sa.Column("reason", sa.Text),
        sa.Column("locale", sa.Text),
        instant("not_before"),
        sa.Column("attempt", sa.Integer, nullable=False, server_default="0"),
        instant("attempted_at", nullable=True),
        instant("lease_until", nullable=True),
        instant("check_at", nullable=True),
        instant("decided_at", nullable=True),
        sa.Column("provider_ref", sa.Text),
        sa.PrimaryKeyConstraint("send_id", name="pk_sends"),
    )
    ready, sending = sa.text("state = 'ready'"), sa.text("state = 'sending'")
    unknown = sa.text("state = 'unknown' AND check_at IS NOT NULL")
    op.create_index("ix_sends_ready", "sends", ["not_before"], postgresql_where=ready)
    op.create_index("ix_sends_sending", "sends", ["lease_until"], postgresql_where=sending)
    op.create_index("ix_sends_check", "sends", ["check_at"], postgresql_where=unknown)
    op.create_index("ix_sends_customer", "sends", ["shop", "customer_id", "created_at", "send_id"])
    isolate_by_shop(op, "notify", "sends")


def downgrade() -> None:
    raise NotImplementedError("the first migration is not undone: drop the database instead")
