"""A real broker with TLS, passwords and ACLs: each user does what its service declares, and nothing else."""

import asyncio
import os
import subprocess
import sys
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from dataclasses import replace
from importlib import import_module
from uuid import uuid4

import pytest
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.errors import (
    GroupAuthorizationFailedError,
    KafkaConnectionError,
    KafkaError,
    TopicAuthorizationFailedError,
)

from builders.orders import paid
from builders.shops import shop_updated
from harness.processes import SHOP, client, service_process
from harness.secured_kafka import SecuredKafka, secured_kafka
from harness.waiting import eventually
from ingest.settings import IngestSettings
from ingest.sources.raw_topics import TopicRefused, create_raw_topic
from mandegar.events.codec import encode
from mandegar.events.topics import (
    DEFAULT_PARTITIONS,
    INGEST_CONTACTS,
    INGEST_EVENTS,
    TOPICS,
    partition_key,
    partition_of,
    raw_topic,
)
from mandegar.kafka.acls import Acl, create_acls
from mandegar.kafka.broker import Broker
from mandegar.kafka.client import new_consumer, new_producer
from mandegar.kafka.names import TopicNames
from mandegar_local.moving.installation import Installation
from mandegar_local.moving.read_records import require_topics
from mandegar_local.stack_error import StackError

SERVICES = {name: import_module(f"{name}.main").SERVICE for name in ("ingest", "loyalty", "churn", "notify")}
NAMES = [topic.name for topic in TOPICS]
OWN = {"ingest": {INGEST_EVENTS, INGEST_CONTACTS}} | {name: {f"{name}.events"} for name in SERVICES if name != "ingest"}
SOURCE, OTHER = str(uuid4()), str(uuid4())
OWN_RAW, OTHER_RAW = raw_topic(SOURCE).name, raw_topic(OTHER).name


def job(kafka: SecuredKafka, user: str = "admin", **settings: str) -> subprocess.CompletedProcess[str]:
    """The one-shot job that creates topics and ACLs, in production."""
    environment = kafka.environment(user) | {"MANDEGAR_ACL_PRINCIPAL": "User:{service}"} | settings
    return subprocess.run(
        [sys.executable, "-m", "mandegar.kafka.create_topics"],
        env={**os.environ, **environment}, capture_output=True, text=True, check=False,
    )  # fmt: skip


@pytest.fixture(scope="module")
def kafka(tmp_path_factory) -> Iterator[SecuredKafka]:
    """A broker with all topics, a record in each, the services' ACLs, and two sources' topics."""
    with secured_kafka(tmp_path_factory.mktemp("certificates")) as running:
        done = job(running)
        assert (done.returncode, done.stderr) == (0, "")
        asyncio.run(_prepare(running))
        yield running


async def _prepare(kafka: SecuredKafka) -> None:
    settings = IngestSettings(
        environment="local", http_port=1, worker_database_url="x", web_database_url="x", identity_key="x", partitions=1,
        kafka_bootstrap=kafka.broker.bootstrap, kafka_security_protocol="SASL_SSL", kafka_sasl_mechanism="PLAIN",
        kafka_username="ingest", kafka_password=kafka.user("ingest").password, kafka_ca_file=kafka.broker.ca_file,
    )  # fmt: skip
    admin = AIOKafkaAdminClient(**kafka.user("admin").options())
    await admin.start()
    own = iter([Acl("topic", OWN_RAW, "Write")])
    await create_acls(admin, "User:platform", own, TopicNames())
    await admin.close()
    for source in (SOURCE, OTHER):
        await eventually(lambda source=source: _created(settings, source), bool)
    async with producer(kafka.user("admin")) as sending:
        for topic in (*NAMES, OWN_RAW, OTHER_RAW):
            await sending.send_and_wait(topic, b"x", key=b"k", partition=0)
    await eventually(lambda: writes(kafka.user("platform"), OWN_RAW), bool)


async def _created(settings: IngestSettings, source: str) -> bool:
    """Whether ingest created the topic of a source: the broker applies new ACLs after a moment."""
    try:
        await create_raw_topic(settings, source)
    except TopicRefused:
        return False
    return True


@asynccontextmanager
async def producer(broker: Broker) -> AsyncIterator[AIOKafkaProducer]:
    sending = new_producer(broker, name="test")
    await sending.start()
    try:
        yield sending
    finally:
        await sending.stop()


async def writes(broker: Broker, topic: str) -> bool:
    """Whether a record is taken; False if the broker says that the user may not."""
    async with producer(broker) as sending:
        try:
            await sending.send_and_wait(topic, b"x", key=b"k", partition=0)
        except TopicAuthorizationFailedError:
            return False
    return True


async def reads(broker: Broker, topic: str) -> bool:
    """Whether records of a topic are given, without a group, within three seconds."""
    consumer = AIOKafkaConsumer(**broker.options(), auto_offset_reset="earliest", enable_auto_commit=False)
    await consumer.start()
    try:
        consumer.assign([TopicPartition(topic, 0)])
        consumer.seek(TopicPartition(topic, 0), 0)
        return bool(await consumer.getmany(timeout_ms=3_000))
    except TopicAuthorizationFailedError:
        return False
    finally:
        await consumer.stop()


async def joins(broker: Broker, group: str, topic: str) -> bool:
    """Whether a consumer becomes a member of a group."""
    consumer = new_consumer(broker, group=group, member=f"{group}-test")
    consumer.subscribe([topic])
    try:
        await consumer.start()
        await eventually(consumer.assignment, bool)
    except (GroupAuthorizationFailedError, TopicAuthorizationFailedError):
        return False
    finally:
        await consumer.stop()
    return True


@pytest.mark.parametrize("service", SERVICES)
async def test_a_service_writes_its_own_topics_and_reads_those_that_it_declares(kafka, service):
    user, declared = kafka.user(service), SERVICES[service]
    subscribed = [*declared.subscriptions.values(), *declared.rebuild_subscriptions.values()]
    readable = {topic for subscription in subscribed for topic in subscription.topics}

    written = {topic for topic in NAMES if await writes(user, topic)}
    read = [
        topic
        for topic, given in zip(NAMES, await asyncio.gather(*(reads(user, t) for t in NAMES)), strict=True)
        if given
    ]

    assert written == OWN[service]
    assert set(read) == readable


@pytest.mark.parametrize("service", SERVICES)
async def test_a_service_joins_its_own_groups_alone(kafka, service):
    groups = {name: [*other.subscriptions] for name, other in SERVICES.items()}
    groups["ingest"].append("ingest.raw")
    topics = {
        group: declared.topics[0] for other in SERVICES.values() for group, declared in other.subscriptions.items()
    } | {"ingest.raw": OWN_RAW}

    joined = {
        group
        for name, owned in groups.items()
        for group in owned
        if await joins(kafka.user(service), group, topics[group] if name == service else INGEST_EVENTS)
    }

    assert joined == set(groups[service])


async def test_a_shops_producer_writes_to_the_topic_of_its_own_source_and_does_nothing_else(kafka):
    user = kafka.user("platform")

    assert await writes(user, OWN_RAW)
    assert [topic for topic in (*NAMES, OTHER_RAW) if await writes(user, topic)] == []
    read = await asyncio.gather(*(reads(user, topic) for topic in (*NAMES, OWN_RAW, OTHER_RAW)))
    assert read == [False] * len(read)
    assert not await joins(user, "ingest.raw", OWN_RAW)
    assert job(kafka, "platform").stderr.startswith("The topics were not created")


async def test_ingest_reads_the_topics_of_sources_and_other_services_do_not(kafka):
    assert await reads(kafka.user("ingest"), OTHER_RAW)
    assert not any([await reads(kafka.user(service), OTHER_RAW) for service in ("loyalty", "churn", "notify")])
    assert not await writes(kafka.user("ingest"), OWN_RAW)


async def test_a_client_that_cannot_prove_itself_or_is_not_convinced_by_the_broker_does_not_start(kafka):
    loyalty = kafka.user("loyalty")
    _, _, port = loyalty.bootstrap.rpartition(":")
    refused = {
        "wrong password": replace(loyalty, password="wrong"),
        "unknown user": replace(loyalty, username="nobody"),
        "another's password": replace(loyalty, username="churn"),
        "no password": replace(loyalty, protocol="SSL"),
        "in clear": replace(loyalty, protocol="SASL_PLAINTEXT"),
        "another host name": replace(loyalty, bootstrap=f"127.0.0.1:{port}"),
        "another authority": replace(loyalty, ca_file=str(kafka.stranger.file)),
        "the system's authorities": replace(loyalty, ca_file=""),
    }

    assert await starts(loyalty)
    assert [name for name, broker in refused.items() if await starts(broker)] == []


async def starts(broker: Broker) -> bool:
    consumer = new_consumer(replace(broker), group="loyalty", member="loyalty-test")
    try:
        async with asyncio.timeout(8):
            await consumer.start()
    except (KafkaConnectionError, KafkaError, OSError, TimeoutError):
        return False
    finally:
        await consumer.stop()
    return True


async def test_a_service_applies_events_and_publishes_its_own_as_its_own_user(kafka, make_database, tmp_path):
    database, log = await make_database("loyalty"), tmp_path / "log"
    settings = kafka.environment("loyalty") | {
        "MANDEGAR_ENVIRONMENT": "production",
        "MANDEGAR_ALLOW_INSECURE": "postgresql,public_url",
    }
    async with service_process(database, kafka.broker.bootstrap, "", log, **settings) as process:
        async with producer(kafka.user("ingest")) as sending:
            for event in (shop_updated(shop=SHOP), paid(shop=SHOP, customer="c-1")):
                key = partition_key(event.shop, event.customer_id)
                partition = partition_of(key, DEFAULT_PARTITIONS)
                await sending.send_and_wait(INGEST_EVENTS, encode(event), key=key, partition=partition)
        async with client(process) as http:
            await eventually(lambda: http.get("/v1/customers/c-1/balance"), lambda answer: answer.status_code == 200)
        await eventually(lambda: database.worker.fetchval("SELECT count(*) FROM outbox"), lambda rows: rows == 0)
        assert await database.worker.fetchval("SELECT count(*) FROM outbox_published") > 0


async def test_a_shop_is_taken_out_and_in_by_a_user_who_may_read_and_write_every_topic(kafka):
    def home(user: str, partitions: int = DEFAULT_PARTITIONS) -> Installation:
        return Installation(kafka.user(user), partitions, {})

    await require_topics(home("admin"))
    with pytest.raises(StackError, match=r"The brokers refuse the topic ingest\.contacts: .*not authorized"):
        await require_topics(home("loyalty"))
    with pytest.raises(StackError, match="has 12 partitions, and MANDEGAR_PARTITIONS is 6"):
        await require_topics(home("admin", 6))
