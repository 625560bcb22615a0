"""Topics into which platforms produce by themselves: made when their source is."""

from aiokafka.admin import AIOKafkaAdminClient, NewTopic
from aiokafka.errors import KafkaError, TopicAlreadyExistsError

from ingest.settings import IngestSettings
from mandegar.events.topics import raw_topic
from mandegar.kafka.names import TopicNames
from mandegar.web import Problem


async def create_raw_topic(settings: IngestSettings, source_id: str) -> None:
    """Make the topic of a source with the configured partitions; ``Problem`` 503 while the broker is away."""
    topic = raw_topic(source_id)
    name = TopicNames(settings.topic_prefix).physical(topic.name)
    wanted = NewTopic(
        name=name,
        num_partitions=settings.partitions,
        replication_factor=settings.raw_topic_replicas,
        topic_configs=dict(topic.config),
    )
    admin = AIOKafkaAdminClient(bootstrap_servers=settings.kafka_bootstrap, request_timeout_ms=5_000)
    try:
        await admin.start()
        answer = await admin.create_topics([wanted], timeout_ms=5_000)
    except (KafkaError, OSError, TimeoutError) as error:
        raise Problem(503, "kafka_away", "The topic cannot be made while Kafka is away") from error
    finally:
        await admin.close()
    for _, code, *_ in answer.topic_errors:
        if code not in (0, TopicAlreadyExistsError.errno):
            raise Problem(503, "kafka_refused", "Kafka refused to make the topic", f"error {code}")
