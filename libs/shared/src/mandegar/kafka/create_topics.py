"""``python -m mandegar.kafka.create_topics`` creates all topics; brokers are configured not to create them on demand.

Settings: those of every Kafka client, ``MANDEGAR_TOPIC_PREFIX``, ``MANDEGAR_PARTITIONS``, ``MANDEGAR_TOPIC_REPLICAS``,
``MANDEGAR_ACL_PRINCIPAL``.
"""

import asyncio
import sys
from collections.abc import Iterator

from aiokafka.admin import AIOKafkaAdminClient, NewTopic
from aiokafka.errors import KafkaError, TopicAlreadyExistsError, for_code
from pydantic import Field

from mandegar.environment import settings_or_exit
from mandegar.events.topics import DEFAULT_PARTITIONS, TOPICS
from mandegar.kafka.acls import ACCESS, acls_of, create_acls
from mandegar.kafka.broker import Broker
from mandegar.kafka.names import TopicNames
from mandegar.kafka.settings import KafkaSettings

RETRY_SECONDS = 0.1


class WrongPartitions(ValueError):
    """A topic exists with another number of partitions, so keys would be in other partitions than expected."""


class TopicSettings(KafkaSettings):
    """The broker, and the number of partitions and replicas of each topic."""

    topic_prefix: str = ""
    partitions: int = Field(default=DEFAULT_PARTITIONS, ge=1, le=1024)
    topic_replicas: int = Field(default=1, ge=1, le=7, description="Replicas of each partition")
    acl_principal: str = Field(
        default="",
        description="Principals of the services, such as User:{service}, for which ACLs are made; empty: none are made",
    )

    def faults(self) -> Iterator[str]:
        """Beside the others, one principal for all services."""
        yield from super().faults()
        if self.acl_principal and "{service}" not in self.acl_principal:
            yield "MANDEGAR_ACL_PRINCIPAL must contain {service}, as in User:{service}: each service has its own user."


async def create_service_acls(broker: Broker, *, prefix: str = "", principal: str) -> None:
    """Allow each service's principal what ``acls_of`` lists; ``principal`` contains ``{service}``."""
    admin = AIOKafkaAdminClient(**broker.options())
    try:
        await admin.start()
        for service in ACCESS:
            await create_acls(admin, principal.replace("{service}", service), acls_of(service), TopicNames(prefix))
    finally:
        await admin.close()


async def create_topics(
    broker: Broker, *, prefix: str = "", partitions: int = DEFAULT_PARTITIONS, replicas: int = 1
) -> None:
    """Create the topics in ``mandegar.events.topics.TOPICS`` that do not exist, each name with ``prefix`` before it.

    Returns once the broker lists them all: a consumer that subscribes earlier waits until it refreshes its metadata.
    Raises ``WrongPartitions`` if a topic exists with another number of partitions, and aiokafka's error for any topic
    that the broker refuses to create.
    """
    names = TopicNames(prefix)
    admin = AIOKafkaAdminClient(**broker.options())
    try:
        await admin.start()
        answer = await admin.create_topics(
            [NewTopic(names.physical(t.name), partitions, replicas, topic_configs=dict(t.config)) for t in TOPICS]
        )
        for name, code, *_ in answer.topic_errors:
            if code not in {0, TopicAlreadyExistsError.errno}:
                raise for_code(code)(name)
        for name, count in (await _partitions(admin, [names.physical(topic.name) for topic in TOPICS])).items():
            if count != partitions:
                raise WrongPartitions(f"topic {name} has {count} partitions, not {partitions}; the number is fixed")
    finally:
        await admin.close()


async def _partitions(admin: AIOKafkaAdminClient, topics: list[str]) -> dict[str, int]:
    """The number of partitions of each topic. Retries while a broker lists a new topic without partitions."""
    while True:
        counts = {t["topic"]: len(t["partitions"]) for t in await admin.describe_topics(topics)}
        if all(counts.values()):
            return counts
        await asyncio.sleep(RETRY_SECONDS)


def main() -> int:
    """Create the topics with the settings of the environment; returns the exit code."""
    settings = settings_or_exit(TopicSettings)
    work = create_topics(
        settings.broker,
        prefix=settings.topic_prefix,
        partitions=settings.partitions,
        replicas=settings.topic_replicas,
    )
    try:
        asyncio.run(work)
    except (KafkaError, WrongPartitions, OSError) as error:
        sys.stderr.write(f"The topics were not created: {error}\n")
        return 1
    sys.stdout.write(f"{len(TOPICS)} topics exist, with {settings.partitions} partitions each\n")
    if settings.acl_principal:
        try:
            asyncio.run(
                create_service_acls(settings.broker, prefix=settings.topic_prefix, principal=settings.acl_principal)
            )
        except (KafkaError, OSError) as error:
            sys.stderr.write(f"The ACLs were not created: {error}\n")
            return 1
        sys.stdout.write(
            f"ACLs exist for {', '.join(settings.acl_principal.replace('{service}', s) for s in ACCESS)}\n"
        )
    return 0


if __name__ == "__main__":
    sys.exit(main())
