"""Creates the topics of the system; nothing else does, the broker makes none by itself."""

from aiokafka.admin import AIOKafkaAdminClient, NewTopic
from aiokafka.errors import TopicAlreadyExistsError, for_code

from shared.events.topics import DEFAULT_PARTITIONS, TOPICS


async def create_topics(bootstrap: str, *, prefix: str = "", partitions: int = DEFAULT_PARTITIONS) -> None:
    """Create what is missing of `shared.events.topics.TOPICS`, each name behind `prefix`; may be run again.

    An existing topic is left as it is. Raises aiokafka's error for a refusal.
    """
    admin = AIOKafkaAdminClient(bootstrap_servers=bootstrap)
    await admin.start()
    try:
        wanted = [NewTopic(prefix + t.name, partitions, 1, topic_configs=dict(t.config)) for t in TOPICS]
        answer = await admin.create_topics(wanted)
        for name, code, *_ in answer.topic_errors:
            if code not in (0, TopicAlreadyExistsError.errno):
                raise for_code(code)(name)
    finally:
        await admin.close()
