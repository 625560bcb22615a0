"""Sends are claimed by channel, and remember their address and when they became unknown; bands that are
over; each consent names its address."""

import sqlalchemy as sa
from alembic import op

from mandegar.database.migrations import isolate_by_shop, reaching_every_shop
from mandegar.database.tables import instant

revision = "0005_pre_meaning"
down_revision = "0004_pre_guards"
branch_labels = None
depends_on = None


def upgrade() -> None:
    _claim_by_channel()
    op.execute("ALTER TABLE customers ADD COLUMN band_left_version bigint NOT NULL DEFAULT 0")
    _keep_words_by_address()
    with reaching_every_shop(op, "customers"):
        _bind_consents_of_shops()
    op.execute("ALTER TABLE sends ADD COLUMN IF NOT EXISTS address_id text")
    op.create_index(
        "ix_sends_address",
        "sends",
        ["shop", "address_id", "attempted_at"],
        postgresql_where=sa.text("address_id IS NOT NULL"),
    )


def _claim_by_channel() -> None:
    op.execute("ALTER TABLE sends ADD COLUMN IF NOT EXISTS unknown_at timestamptz")
    with reaching_every_shop(op, "sends"):
        op.execute("UPDATE sends SET unknown_at = decided_at WHERE state = 'unknown'")
    op.execute("CREATE INDEX ix_sends_due ON sends (channel, not_before) WHERE state = 'ready'")
    op.execute("DROP INDEX ix_sends_ready")


def _keep_words_by_address() -> None:
    op.create_table(
        "address_consents",
        *(sa.Column(name, sa.Text, nullable=False) for name in ("shop", "channel", "address_id", "status")),
        instant("at"),
        sa.Column("method", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("shop", "channel", "address_id", name="pk_address_consents"),
        sa.CheckConstraint("status IN ('granted', 'withdrawn')", name=op.f("ck_address_consents_status")),
    )
    isolate_by_shop(op, "notify", "address_consents")
    op.execute("REVOKE ALL ON address_consents FROM notify_web")
    op.execute("GRANT SELECT, INSERT, UPDATE (status, at, method) ON address_consents TO notify_web")


def _bind_consents_of_shops() -> None:
    """A stored consent is about the address that its customer has, unless it is from before that one."""
    for channel, address in (("email", "email"), ("sms", "phone")):
        op.execute(
            f"""
            UPDATE customers SET shop_consents = CASE
                WHEN {address}_since IS NULL OR (shop_consents #>> '{{{channel},at}}')::timestamptz >= {address}_since
                THEN jsonb_set(shop_consents, '{{{channel},address}}', to_jsonb({address}))
                ELSE shop_consents - '{channel}' END
            WHERE shop_consents ? '{channel}' AND {address} IS NOT NULL
            """  # noqa: S608  the columns are ours
        )


def downgrade() -> None:
    raise NotImplementedError("what was said about addresses would be lost: restore a backup to go back")
