"""Sends as they are stored: started, withdrawn after a purchase, and read by routes."""

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

from msgspec import Struct

from mandegar.database import KEYS, Connection, WorkerConnection, as_json, columns, keys_as_json, record_set
from mandegar.events import CustomerKey
from notify.domain.consent import ChannelName
from notify.domain.journey import ABOUT_BANDS
from notify.domain.send_states import State
from notify.journeys.rows import JourneyKey


class Send(Struct, frozen=True):
    """One send; ``payload`` is the data of the triggering event, and no column holds an address.

    ``unknown_at`` is when its outcome became unknown for the first time, ``address_id`` the pseudonym of the address of
    the latest attempt, ``started_as`` the id under which it was started if that has become an alias of the customer.
    """

    send_id: UUID
    shop: str
    customer_id: str
    journey: str
    journey_version: int
    channel: ChannelName
    template: str
    cause_type: str
    cause_id: UUID
    correlation_id: UUID
    hops: int
    payload: dict[str, Any]
    triggered_at: datetime
    created_at: datetime
    no_later_than: datetime
    state: State
    reason: str | None
    not_before: datetime
    decided_at: datetime | None
    locale: str | None = None
    attempt: int = 0
    attempted_at: datetime | None = None
    provider_ref: str | None = None
    unknown_at: datetime | None = None
    address_id: str | None = None
    started_as: str | None = None

    @property
    def customer(self) -> CustomerKey:
        return CustomerKey(self.shop, self.customer_id)

    @property
    def under(self) -> str:
        """The id under which it was started."""
        return self.started_as or self.customer_id

    @property
    def journey_key(self) -> JourneyKey:
        """The version of the journey that started this send, and that it ends under."""
        return JourneyKey(self.shop, self.journey, self.journey_version)


class CountRow(NamedTuple):
    """How many sends of a shop share these columns."""

    journey: str
    channel: ChannelName
    state: State
    reason: str | None
    messages: int
    next_at: datetime | None


SEND = columns(Send)
SENDS = record_set(Send)
SEND_OF_S = ", ".join(f"s.{column}" for column in Send.__struct_fields__)


async def insert_sends(connection: WorkerConnection, sends: Sequence[Send]) -> list[Send]:
    """Write new sends, each once for good; those among the new that are decided already."""
    rows = await connection.fetch(
        f"""
        WITH started AS (
            INSERT INTO sends ({SEND})
            SELECT {SEND} FROM {SENDS}
            ON CONFLICT (send_id) DO NOTHING
            RETURNING {SEND}
        )
        SELECT {SEND} FROM started WHERE state <> 'ready'
        """,  # noqa: S608  the columns are ours
        as_json(sends),
    )
    return [Send(*row) for row in rows]


async def load_waiting_since_purchase(connection: WorkerConnection, keys: Collection[CustomerKey]) -> list[Send]:
    """Sends that still wait although these customers, whose rows are locked, have bought since the trigger."""
    rows = await connection.fetch(
        f"""
        SELECT {SEND_OF_S}
        FROM {KEYS} JOIN customers c USING (shop, customer_id)
            JOIN sends s USING (shop, customer_id)
        WHERE s.state = 'ready' AND c.last_paid_at > s.triggered_at
        """,  # noqa: S608  the columns are ours
        keys_as_json(keys),
    )
    return [Send(*row) for row in rows]


async def load_waiting_without_purchase(connection: WorkerConnection, keys: Collection[CustomerKey]) -> list[Send]:
    """Sends that still wait because of a band that these customers, whose rows are locked, have left for none."""
    rows = await connection.fetch(
        f"""
        SELECT {SEND_OF_S}
        FROM {KEYS} JOIN customers c USING (shop, customer_id)
            JOIN sends s USING (shop, customer_id)
        WHERE s.state = 'ready' AND s.cause_type = ANY($2)
            AND (s.payload ->> 'version')::bigint < c.band_left_version
        """,  # noqa: S608  the columns are ours
        keys_as_json(keys),
        sorted(ABOUT_BANDS),
    )
    return [Send(*row) for row in rows]


async def withdraw(connection: WorkerConnection, send_ids: Sequence[UUID], reason: str, now: datetime) -> list[Send]:
    """Withhold waiting sends; those withheld."""
    rows = await connection.fetch(
        f"""
        UPDATE sends SET state = 'withheld', reason = $2, decided_at = $3
        WHERE send_id = ANY($1::uuid[]) AND state = 'ready'
        RETURNING {SEND}
        """,  # noqa: S608  the columns are ours
        send_ids,
        reason,
        now,
    )
    return [Send(*row) for row in rows]


async def count_sends(connection: Connection, shop: str) -> list[CountRow]:
    """The sends of a shop by journey, channel, state and reason; of those that wait, the instant of the first."""
    rows = await connection.fetch(
        """
        SELECT journey, channel, state, reason, count(*), min(not_before) FILTER (WHERE state = 'ready') FROM sends
        WHERE shop = $1 GROUP BY journey, channel, state, reason ORDER BY journey, channel, state, reason
        """,
        shop,
    )
    return [CountRow(*row) for row in rows]
