"""What is planted in a database or a topic is found there, and what was removed is not."""

from urllib.parse import urlsplit

import asyncpg
import pytest
from aiokafka import AIOKafkaProducer

from mandegar.events.topics import INGEST_CONTACTS, INGEST_EVENTS
from mandegar.kafka.broker import Broker
from mandegar_local.find.databases import search_database
from mandegar_local.find.said import search_logs
from mandegar_local.find.spellings import spellings
from mandegar_local.find.topics import search_topics

pytestmark = pytest.mark.integration

ADDRESS = "ziba@planted.example"
PLANTED = {
    "dead_letters.value": "INSERT INTO dead_letters (consumer_group, topic, partition, record_offset, value, code,"
    " detail, received_at) VALUES ('g', 't', 0, 0, convert_to('{\"m\": \"' || $1 || '\"}', 'UTF8'), 'c', 'd', now())",
    "audit.subject": "INSERT INTO audit (shop, key_id, action, target, result, subject)"
    " VALUES ('s', 'k', 'a', 't', 'r', $1)",
    "shops.origins": "INSERT INTO shops (shop, version, name, zone, currency, locale, phone_region, sender_email,"
    " sms_sender, origins) VALUES ('s', 1, 'n', 'z', 'c', 'l', 'p', 'e', 'm', ARRAY['https://shop.example', $1])",
    "sends.payload": "INSERT INTO sends (send_id, shop, customer_id, journey, journey_version, channel, template,"
    " cause_type, cause_id, correlation_id, hops, payload, triggered_at, created_at, no_later_than, state, not_before)"
    " VALUES (gen_random_uuid(), 's', 'c', 'j', 1, 'email', 't', 'x', gen_random_uuid(), gen_random_uuid(), 0,"
    " jsonb_build_object('deep', jsonb_build_array($1::text)), now(), now(), now(), 'sent', now())",
}


@pytest.mark.parametrize("place", PLANTED)
async def test_a_text_is_found_in_each_kind_of_column(make_database, postgres, place):
    database = await make_database("notify")
    superuser = urlsplit(postgres)._replace(path=urlsplit(database.owner_url).path).geturl()
    assert not await search_database("notify", superuser, spellings([ADDRESS]))
    connection = await asyncpg.connect(superuser)
    await connection.execute(PLANTED[place], ADDRESS)
    [found] = await search_database("notify", superuser, spellings([ADDRESS]))
    assert (found.place, found.text, found.times) == (f"notify: {place}", ADDRESS, 1)

    await connection.execute(f"DELETE FROM {place.partition('.')[0]}")
    assert not await search_database("notify", superuser, spellings([ADDRESS]))
    await connection.close()


async def test_a_text_is_found_in_the_key_the_value_and_the_headers_of_a_record(kafka, topic_prefix):
    text = ADDRESS.encode()
    async with AIOKafkaProducer(**Broker(kafka).options()) as producer:
        for record in ({"key": text}, {"value": b"{" + text + b"}"}, {"value": b"x", "headers": [("who", text)]}):
            await producer.send_and_wait(topic_prefix + INGEST_EVENTS, **record)
    [found] = await search_topics(Broker(kafka), topic_prefix, spellings([ADDRESS]))
    assert (found.place, found.times) == (f"topic {INGEST_EVENTS}", 3)


async def test_of_a_compacted_topic_the_last_record_of_each_key_counts(kafka, topic_prefix):
    topic = topic_prefix + INGEST_CONTACTS
    async with AIOKafkaProducer(**Broker(kafka).options()) as producer:
        await producer.send_and_wait(topic, key=b"s:c-1", value=ADDRESS.encode(), partition=0)
        await producer.send_and_wait(topic, key=b"s:c-2", value=ADDRESS.encode(), partition=0)
        assert [found.times for found in await search_topics(Broker(kafka), topic_prefix, spellings([ADDRESS]))] == [2]
        await producer.send_and_wait(topic, key=b"s:c-1", value=None, partition=0)
    assert [found.times for found in await search_topics(Broker(kafka), topic_prefix, spellings([ADDRESS]))] == [1]


def test_a_text_is_found_in_a_log(tmp_path):
    log = tmp_path / "ingest.log"
    log.write_text('{"message": "refused", "field": "nothing"}\n' * 40_000)
    assert not search_logs([log], spellings([ADDRESS]))
    with log.open("a") as more:
        more.write(ADDRESS)
    assert [found.place for found in search_logs([log], spellings([ADDRESS]))] == ["log ingest.log"]
