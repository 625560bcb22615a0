"""Answers in milliseconds and cost that stays flat."""

from alembic import op

from mandegar.database import ShopRead
from mandegar.database.guards import add_waiting_beside
from mandegar.database.migrations import create_brakes, create_shop_read

revision = "0006_pre_steady"
down_revision = "0005_pre_meaning"
branch_labels = None
depends_on = None

_READ_MESSAGES = ShopRead(
    "read_messages",
    {"of_customer": "text", "last": "uuid", "most": "bigint"},
    {
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
    },
    """
    SELECT s.* FROM customers c LEFT JOIN LATERAL (
        SELECT send_id, journey, journey_version, channel, template, locale, state, reason, cause_id, cause_type,
               triggered_at, created_at, not_before, no_later_than, attempt, attempted_at, decided_at, provider_ref
        FROM sends
        WHERE shop = of_shop AND customer_id = of_customer AND (last IS NULL OR (created_at, send_id) < (
            SELECT created_at, send_id FROM sends
            WHERE shop = of_shop AND customer_id = of_customer AND send_id = last))
        ORDER BY created_at DESC, send_id DESC LIMIT most) s ON true
    WHERE c.shop = of_shop AND c.customer_id = of_customer
    """,
)

_READ_CONTACT = ShopRead(
    "read_contact",
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
    SELECT shop, customer_id, email, phone, name, email_since, phone_since, locale, zone, shop_consents, own_consents,
           points, tier, last_paid_at, band_left_version
    FROM customers WHERE shop = of_shop AND customer_id = of_customer
    """,
)

_READ_WORDS = ShopRead(
    "read_words",
    {"channels": "text[]", "address_ids": "text[]"},
    {"shop": "text", "channel": "text", "address_id": "text", "status": "text", "at": "timestamptz", "method": "text"},
    """
    SELECT a.shop, a.channel, a.address_id, a.status, a.at, a.method
    FROM unnest(channels, address_ids) AS w(channel, address_id)
        JOIN LATERAL (
            SELECT * FROM address_consents
            WHERE shop = of_shop AND channel = w.channel AND address_id = w.address_id LIMIT 1) a ON true
    """,
)


def upgrade() -> None:
    add_waiting_beside(op, "notify")
    create_brakes(op, "notify")
    _index_sends_by_customer()
    for read in (_READ_MESSAGES, _READ_CONTACT, _READ_WORDS):
        create_shop_read(op, "notify", read)


def _index_sends_by_customer() -> None:
    """A customer's waiting sends, and those attempted within a window: neither reads all that they ever had."""
    op.execute("CREATE INDEX ix_sends_waiting ON sends (shop, customer_id) WHERE state = 'ready'")
    op.execute(
        "CREATE INDEX ix_sends_attempted ON sends (shop, customer_id, attempted_at) WHERE attempted_at IS NOT NULL"
    )


def downgrade() -> None:
    raise NotImplementedError("restore a backup to go back")
