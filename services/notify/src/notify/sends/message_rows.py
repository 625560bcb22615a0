"""A customer's messages, as a route reads them."""

from datetime import datetime
from typing import Final, NamedTuple
from uuid import UUID

from mandegar.database import ShopRead
from notify.domain.consent import ChannelName
from notify.domain.send_states import MessageState


class MessageRow(NamedTuple):
    """What an answer tells of a send, or of a message that another system sent, whose id is that of its event."""

    send_id: UUID
    journey: str | None
    journey_version: int | None
    channel: ChannelName
    marketing: bool
    template: str | None
    locale: str | None
    state: MessageState
    reason: str | None
    cause_id: UUID
    cause_type: str
    triggered_at: datetime
    created_at: datetime
    not_before: datetime | None
    no_later_than: datetime | None
    attempt: int
    attempted_at: datetime | None
    decided_at: datetime | None
    provider_ref: str | None
    started_as: str | None


# Newest first; of an alias those of its root, whose id begins each row. ``last`` is the last id of the page before.
# No row: no such customer, or an erased one. A row of nulls behind the id: no message.
READ_MESSAGES: Final = ShopRead(
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
