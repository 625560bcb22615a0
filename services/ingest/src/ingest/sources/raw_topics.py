"""Topics that platforms produce into, one for each source that asks for it."""

from aiokafka.admin import AIOKafkaAdminClient, NewTopic
from aiokafka.errors import KafkaError, TopicAlreadyExistsError

from ingest.settings import IngestSettings
from mandegar.events.topics import raw_topic
from mandegar.kafka.names import TopicNames


class KafkaUnavailable(Exception):
    """No broker answered in time."""


class TopicRefused(Exception):
    """The broker answered with an error other than that the topic exists."""


async def create_raw_topic(settings: IngestSettings, source_id: str) -> None:
    """Create the topic of a source, unless it exists; raises ``KafkaUnavailable`` or ``TopicRefused``."""
    topic = raw_topic(source_id)
    name = TopicNames(settings.topic_prefix).physical(topic.name)
    wanted = NewTopic(
        name=name,
        num_partitions=settings.partitions,
        replication_factor=settings.raw_topic_replicas,
        topic_configs=dict(topic.config),
    )
    admin = AIOKafkaAdminClient(**settings.broker.options(), request_timeout_ms=5_000)
    try:
        await admin.start()
        answer = await admin.create_topics([wanted], timeout_ms=5_000)
    except (KafkaError, OSError, TimeoutError) as error:
        raise KafkaUnavailable from error
    finally:
        await admin.close()
    for _, code, *_ in answer.topic_errors:
        if code not in (0, TopicAlreadyExistsError.errno):
            raise TopicRefused(f"Kafka error code {code}")
