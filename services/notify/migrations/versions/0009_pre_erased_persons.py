"""Reads that find nothing of an erased customer."""

from alembic import op

from mandegar.database import ShopRead
from mandegar.database.migrations import create_shop_read

revision = "0009_pre_erased_persons"
down_revision = "0008_pre_erasure"
branch_labels = None
depends_on = None


_READ_CONTACT = ShopRead(
    "read_contact_unless_erased",
    {"of_customer": "text"},
    {
        "shop": "text",
        "customer_id": "text",
        "email": "text",
        "phone": "text",
        "name": "text",
        "email_since": "timestamptz",
        "phone_since": "timestamptz",
        "locale": "text",
        "zone": "text",
        "shop_consents": "jsonb",
        "own_consents": "jsonb",
        "points": "bigint",
        "tier": "text",
        "last_paid_at": "timestamptz",
        "band_left_version": "bigint",
    },
    """
    SELECT c.shop, c.customer_id, c.email, c.phone, c.name, c.email_since, c.phone_since, c.locale, c.zone,
           c.shop_consents, c.own_consents, c.points, c.tier, c.last_paid_at, c.band_left_version
    FROM (SELECT coalesce(max(a.merged_into), of_customer) AS root FROM customers a
          WHERE a.shop = of_shop AND a.customer_id = of_customer) person
        CROSS JOIN LATERAL (SELECT * FROM customers
            WHERE shop = of_shop AND customer_id = person.root AND erased_at IS NULL LIMIT 1) c
    """,
)

_READ_MESSAGES = ShopRead(
    "read_messages_unless_erased",
    {"of_customer": "text", "last": "uuid", "most": "bigint"},
    {
        "customer_id": "text",
        "send_id": "uuid",
        "journey": "text",
        "journey_version": "integer",
        "channel": "text",
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
        SELECT send_id, journey, journey_version, channel, template, locale, state, reason, cause_id, cause_type,
               triggered_at, created_at, not_before, no_later_than, attempt, attempted_at, decided_at, provider_ref,
               started_as
        FROM sends m
        WHERE m.shop = of_shop AND m.customer_id = c.customer_id AND (last IS NULL OR (created_at, send_id) < (
            SELECT l.created_at, l.send_id FROM sends l
            WHERE l.shop = of_shop AND l.customer_id = c.customer_id AND l.send_id = last))
        ORDER BY created_at DESC, send_id DESC LIMIT most) s ON true
    """,
)


def upgrade() -> None:
    for read in (_READ_CONTACT, _READ_MESSAGES):
        create_shop_read(op, "notify", read)
    # No process of the release before calls these any more.
    op.execute("DROP FUNCTION read_contact(text, text)")
    op.execute("DROP FUNCTION read_messages(text, text, uuid, bigint)")


def downgrade() -> None:
    raise NotImplementedError("restore a backup to go back")
