"""The topics of a deployment: made once, as the table says, and never with another number of partitions."""

import os
import subprocess
import sys

import pytest
from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.admin.config_resource import ConfigResource, ConfigResourceType

from mandegar.events.topics import TOPICS
from mandegar.kafka.broker import Broker
from mandegar.kafka.create_topics import WrongPartitions, create_topics

PREFIX = "made."


def run(kafka: str, **settings: str) -> subprocess.CompletedProcess[str]:
    """The one-shot job, as images run it."""
    environment = {
        "MANDEGAR_ENVIRONMENT": "local",
        "MANDEGAR_KAFKA_BOOTSTRAP": kafka,
        "MANDEGAR_TOPIC_PREFIX": "job.",
    } | settings
    return subprocess.run(
        [sys.executable, "-m", "mandegar.kafka.create_topics"],
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.mark.integration
async def test_topics_are_made_as_the_table_says_and_once(kafka):
    for _ in range(2):
        await create_topics(Broker(kafka), prefix=PREFIX, partitions=3)

    admin = AIOKafkaAdminClient(bootstrap_servers=kafka)
    await admin.start()
    try:
        names = [PREFIX + topic.name for topic in TOPICS]
        described = {topic["topic"]: len(topic["partitions"]) for topic in await admin.describe_topics(names)}
        contacts = ConfigResource(ConfigResourceType.TOPIC, PREFIX + "ingest.contacts")
        [answer] = await admin.describe_configs([contacts])
    finally:
        await admin.close()
    assert described == dict.fromkeys(names, 3)
    assert ("cleanup.policy", "compact") in {(name, value) for name, value, *_ in answer.resources[0][4]}


@pytest.mark.integration
async def test_another_number_of_partitions_is_refused(kafka):
    await create_topics(Broker(kafka), prefix="other.", partitions=3)

    with pytest.raises(WrongPartitions, match=r"other\.ingest\.events has 3 partitions, not 4"):
        await create_topics(Broker(kafka), prefix="other.", partitions=4)


@pytest.mark.integration
def test_the_job_says_what_it_did_and_may_run_again(kafka):
    first, again = run(kafka, MANDEGAR_PARTITIONS="2"), run(kafka, MANDEGAR_PARTITIONS="2")

    assert (first.returncode, first.stdout) == (0, "5 topics exist, with 2 partitions each\n")
    assert (again.returncode, again.stdout) == (first.returncode, first.stdout)


@pytest.mark.integration
def test_the_job_fails_in_one_sentence(kafka):
    run(kafka, MANDEGAR_PARTITIONS="2", MANDEGAR_TOPIC_PREFIX="fails.")

    failed = run(kafka, MANDEGAR_PARTITIONS="5", MANDEGAR_TOPIC_PREFIX="fails.")

    assert failed.returncode == 1
    assert failed.stderr.startswith("The topics were not created: topic fails.")
    assert failed.stderr.count("\n") == 1
