"""Creating a source with its first key."""

import secrets

import asyncpg

from ingest.context import IngestContext
from ingest.desk.sources.schemas import NewSource
from ingest.sources import rows
from ingest.sources.new_key import NewKey, new_key
from ingest.sources.raw_topics import KafkaUnavailable, TopicRefused, create_raw_topic
from mandegar.database import Act, Row, as_shop, as_shop_writing
from mandegar.shops import load_shops
from mandegar.web import Problem


async def make_source(context: IngestContext, act: Act, wanted: NewSource) -> tuple[Row, NewKey]:
    """Write the source, its topic if it has one, and a key, which is returned in clear this once.

    Raises ``Problem`` if the shop does not exist, if it has a record of orders already, or if Kafka is needed and away.
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
        "record_of_orders": await _is_record_of_orders(context, shop, wanted),
    }
    if wanted.kafka:
        await _create_topic(context, source_id)
    now = context.clock.now()
    try:
        async with as_shop_writing(context.web, act) as connection:
            row = await rows.insert_source(connection, source, now)
            await rows.insert_key(connection, key, source_id=source_id, shop=shop, now=now)
    except asyncpg.UniqueViolationError:
        raise Problem(409, "record_taken", "Another source of this shop is the record of orders") from None
    return row, key


async def _is_record_of_orders(context: IngestContext, shop: str, wanted: NewSource) -> bool:
    async with as_shop(context.web, shop) as connection:
        if not await load_shops(connection, {shop}):
            raise Problem(404, "unknown_shop", "The shop does not exist", "Create it with PUT /v1/shops/{shop} first")
        if wanted.record_of_orders is not None:
            return wanted.record_of_orders
        return wanted.trust == "server" and (wanted.historical or not await rows.has_record(connection, shop))


async def _create_topic(context: IngestContext, source_id: str) -> None:
    try:
        await create_raw_topic(context.settings, source_id)
    except KafkaUnavailable as error:
        raise Problem(503, "kafka_away", "The topic cannot be created while Kafka is unavailable") from error
    except TopicRefused as error:
        raise Problem(503, "kafka_refused", "Kafka refused to create the topic", str(error)) from error
