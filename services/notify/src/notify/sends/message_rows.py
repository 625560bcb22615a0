"""A customer's messages, as a route reads them."""

from datetime import datetime
from typing import Final, NamedTuple
from uuid import UUID

from mandegar.database import ShopRead
from notify.domain.consent import ChannelName
from notify.domain.send_states import State


class MessageRow(NamedTuple):
    """What an answer tells of a send."""

    send_id: UUID
    journey: str
    journey_version: int
    channel: ChannelName
    template: str
    locale: str | None
    state: State
    reason: str | None
    cause_id: UUID
    cause_type: str
    triggered_at: datetime
    created_at: datetime
    not_before: datetime
    no_later_than: datetime
    attempt: int
    attempted_at: datetime | None
    decided_at: datetime | None
    provider_ref: str | None


# Newest first; ``last`` is the last id of the page before. No row: no such customer. A row of nulls: no message.
READ_MESSAGES: Final = ShopRead(
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
