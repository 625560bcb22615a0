"""Messages that another system sent: they count for caps, and a customer's messages show them."""

import sqlalchemy as sa
from alembic import op

from mandegar.database import ShopRead
from mandegar.database.migrations import create_shop_read, isolate_by_shop
from mandegar.database.tables import instant

revision = "0012_pre_messages_elsewhere"
down_revision = "0011_pre_points_from"
branch_labels = None
depends_on = None


_READ_MESSAGES = ShopRead(
    "read_messages_and_elsewhere",
    {"of_customer": "text", "last": "uuid", "most": "bigint"},
    {
        "customer_id": "text",
        "send_id": "uuid",
        "journey": "text",
        "journey_version": "integer",
        "channel": "text",
        "marketing": "boolean",
        "template": "text",
        "locale": "text",
        "state": "text",
        "reason": "text",
        "cause_id": "uuid",
        "cause_type": "text",
        "triggered_at": "timestamptz",
        "created_at": "timestamptz",
        "not_before": "timestamptz",
        "no_later_than": "timestamptz",
        "attempt": "integer",
        "attempted_at": "timestamptz",
        "decided_at": "timestamptz",
        "provider_ref": "text",
        "started_as": "text",
    },
    """
    SELECT c.customer_id, s.*
    FROM (SELECT coalesce(max(a.merged_into), of_customer) AS root FROM customers a
          WHERE a.shop = of_shop AND a.customer_id = of_customer) person
        CROSS JOIN LATERAL (
            SELECT customer_id FROM customers
            WHERE shop = of_shop AND customer_id = person.root AND erased_at IS NULL LIMIT 1) c
        LEFT JOIN LATERAL (
            SELECT created_at AS at FROM sends
            WHERE shop = of_shop AND customer_id = c.customer_id AND send_id = last
            UNION ALL
            SELECT sent_at FROM messages_elsewhere
            WHERE shop = of_shop AND customer_id = c.customer_id AND event_id = last) place ON true
        LEFT JOIN LATERAL (
        (SELECT send_id, journey, journey_version, channel, true, template, locale, state, reason, cause_id, cause_type,
                triggered_at, created_at, not_before, no_later_than, attempt, attempted_at, decided_at, provider_ref,
                started_as
         FROM sends m
         WHERE m.shop = of_shop AND m.customer_id = c.customer_id
             AND (last IS NULL OR (created_at, send_id) < (place.at, last))
         ORDER BY created_at DESC, send_id DESC LIMIT most)
        UNION ALL
        (SELECT event_id, journey, NULL, channel, marketing, NULL, NULL, 'sent_elsewhere', NULL, event_id,
                'message.sent_elsewhere', sent_at, sent_at, NULL, NULL, 0, sent_at, NULL, message_id, sent_as
         FROM messages_elsewhere e
         WHERE e.shop = of_shop AND e.customer_id = c.customer_id
             AND (last IS NULL OR (sent_at, event_id) < (place.at, last))
         ORDER BY sent_at DESC, event_id DESC LIMIT most)
        ORDER BY created_at DESC, send_id DESC LIMIT most) s ON true
    """,
)


def upgrade() -> None:
    op.create_table(
        "messages_elsewhere",
        *(sa.Column(name, sa.Text, nullable=False) for name in ("shop", "customer_id", "message_id")),
        sa.Column("event_id", sa.Uuid, nullable=False),
        sa.Column("channel", sa.Text, nullable=False),
        sa.Column("marketing", sa.Boolean, nullable=False),
        sa.Column("journey", sa.Text),
        instant("sent_at"),
        sa.Column("address_id", sa.Text),
        sa.Column("sent_as", sa.Text),
        sa.PrimaryKeyConstraint("shop", "customer_id", "message_id", name="pk_messages_elsewhere"),
    )
    op.create_index(
        "ix_messages_elsewhere_customer", "messages_elsewhere", ["shop", "customer_id", "sent_at", "event_id"]
    )
    op.create_index(
        "ix_messages_elsewhere_address",
        "messages_elsewhere",
        ["shop", "address_id", "sent_at"],
        postgresql_where=sa.text("address_id IS NOT NULL"),
    )
    isolate_by_shop(op, "notify", "messages_elsewhere")
    op.execute("REVOKE ALL ON messages_elsewhere FROM notify_web")
    op.execute("GRANT SELECT ON messages_elsewhere TO notify_web")
    create_shop_read(op, "notify", _READ_MESSAGES)
    # No process of the release before calls these any more.
    op.execute("DROP FUNCTION read_contact_of_person(text, text)")
    op.execute("DROP FUNCTION read_messages_of_person(text, text, uuid, bigint)")


def downgrade() -> None:
    raise NotImplementedError("restore a backup to go back")
