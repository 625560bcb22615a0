"""Creates the topics of the system: ``python -m mandegar.kafka.create_topics``. The broker makes none by itself.

Reads ``MANDEGAR_KAFKA_BOOTSTRAP``, ``MANDEGAR_TOPIC_PREFIX``, ``MANDEGAR_PARTITIONS`` and ``MANDEGAR_TOPIC_REPLICAS``.
"""

import asyncio
import sys

from aiokafka.admin import AIOKafkaAdminClient, NewTopic
from aiokafka.errors import KafkaError, TopicAlreadyExistsError, for_code
from pydantic import Field
from pydantic_settings import BaseSettings, SettingsConfigDict

from mandegar.events.topics import DEFAULT_PARTITIONS, TOPICS
from mandegar.kafka.names import TopicNames

LOOK_AGAIN_SECONDS = 0.1


class WrongPartitions(ValueError):
    """A topic is there with another number of partitions: customers would lose their order."""


class TopicSettings(BaseSettings):
    """Where the topics are made, and how."""

    model_config = SettingsConfigDict(env_prefix="MANDEGAR_", extra="ignore", frozen=True)

    kafka_bootstrap: str
    topic_prefix: str = ""
    partitions: int = Field(default=DEFAULT_PARTITIONS, ge=1, le=1024)
    topic_replicas: int = Field(default=1, ge=1, le=7, description="Brokers that keep a copy")


async def create_topics(
    bootstrap: str, *, prefix: str = "", partitions: int = DEFAULT_PARTITIONS, replicas: int = 1
) -> None:
    """Create what is missing of ``mandegar.events.topics.TOPICS``, each name behind ``prefix``; may be run again.

    Raises ``WrongPartitions`` when a topic exists with another number of them, and aiokafka's error for a refusal.
    """
    names = TopicNames(prefix)
    admin = AIOKafkaAdminClient(bootstrap_servers=bootstrap)
    try:
        await admin.start()
        answer = await admin.create_topics(
            [NewTopic(names.physical(t.name), partitions, replicas, topic_configs=dict(t.config)) for t in TOPICS]
        )
        existing = [name for name, code, *_ in answer.topic_errors if code == TopicAlreadyExistsError.errno]
        for name, code, *_ in answer.topic_errors:
            if code and name not in existing:
                raise for_code(code)(name)
        for name, found in (await _partitions(admin, existing)).items():
            if found != partitions:
                raise WrongPartitions(f"{name} has {found} partitions, not {partitions}, and cannot change")
    finally:
        await admin.close()


async def _partitions(admin: AIOKafkaAdminClient, topics: list[str]) -> dict[str, int]:
    """How many partitions each topic has. A broker may know of one that is young without knowing its partitions."""
    while True:
        found = {t["topic"]: len(t["partitions"]) for t in await admin.describe_topics(topics)} if topics else {}
        if all(found.values()):
            return found
        await asyncio.sleep(LOOK_AGAIN_SECONDS)


def main() -> int:
    """Create the topics that the environment names; the exit code."""
    settings = TopicSettings()
    try:
        asyncio.run(
            create_topics(
                settings.kafka_bootstrap,
                prefix=settings.topic_prefix,
                partitions=settings.partitions,
                replicas=settings.topic_replicas,
            )
        )
    except (KafkaError, WrongPartitions, OSError) as error:
        sys.stderr.write(f"The topics were not made: {error}\n")
        return 1
    sys.stdout.write(f"{len(TOPICS)} topics are there, with {settings.partitions} partitions each\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
