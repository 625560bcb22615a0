"""Creating a source with its first key."""

import secrets

import asyncpg

from ingest.context import IngestContext
from ingest.desk.require_source import require_source
from ingest.desk.sources.schemas import NewSource
from ingest.desk.unknown_shop import unknown_shop
from ingest.sources import rows
from ingest.sources.missing_topics import create_topic_of
from ingest.sources.new_key import NewKey, new_key, new_secret
from mandegar.database import Act, Row, as_shop, as_shop_writing
from mandegar.shops import load_shops
from mandegar.web import Problem

OPEN_MAX = 100
EVER_MAX = 1_000
# Each has as many partitions as every other topic.
WITH_TOPIC_MAX = 10


async def make_source(context: IngestContext, act: Act, wanted: NewSource) -> tuple[Row, NewKey]:
    """Write the source and a key, which is returned in clear this once; then create its topic if it has one.

    Raises ``Problem`` if the shop does not exist, if it has a record of orders already, or too many sources. If Kafka
    does not create the topic, the source stays with ``topic_ready`` false, and the topic is created later.
    """
    key, source_id, shop = new_key(), "src-" + secrets.token_hex(6), act.shop
    act.target = f"sources/{source_id}"
    if wanted.trust == "browser" and (wanted.record_of_orders or wanted.historical or wanted.kafka):
        raise Problem(
            422,
            "invalid",
            "A browser source may send visits only",
            "record_of_orders, historical and kafka are for server sources",
        )
    source = {
        **wanted.model_dump(),
        "id": source_id,
        "shop": shop,
        "visitor_secrets": [new_secret()] if wanted.trust == "browser" else [],
        "record_of_orders": await _is_record_of_orders(context, shop, wanted),
    }
    now = context.clock.now()
    try:
        async with as_shop_writing(context.web, act) as connection:
            _require_room(await rows.count_sources(connection, shop), wanted)
            if source["record_of_orders"] and not wanted.historical:
                await rows.take_from_closed(connection, shop)
            row = await rows.insert_source(connection, source, now)
            await rows.insert_key(connection, key, source_id=source_id, shop=shop, now=now)
    except asyncpg.UniqueViolationError:
        raise Problem(
            409,
            "record_taken",
            "Another source of this shop is the record of orders",
            "Create it with record_of_orders false, then move the role with PATCH /v1/sources/{source_id}",
        ) from None
    if wanted.kafka and await create_topic_of(context, source_id):
        async with as_shop(context.web, shop) as reading:
            row = await require_source(reading, shop, source_id)
    return row, key


def _require_room(counts: Row, wanted: NewSource) -> None:
    for count, most, what in (
        (counts["open"], OPEN_MAX, "open sources"),
        (counts["every"], EVER_MAX, "sources, closed ones included"),
        (counts["kafka"] if wanted.kafka else 0, WITH_TOPIC_MAX, "sources with a topic, closed ones included"),
    ):
        if count >= most:
            raise Problem(409, "too_many_sources", f"A shop can have {most} {what}")


async def _is_record_of_orders(context: IngestContext, shop: str, wanted: NewSource) -> bool:
    async with as_shop(context.web, shop) as connection:
        if not await load_shops(connection, {shop}):
            raise unknown_shop()
        if wanted.record_of_orders is not None:
            return wanted.record_of_orders
        return wanted.trust == "server" and (wanted.historical or not await rows.has_record(connection, shop))
