"""Topics of sources are created after their rows; what failed then is tried again until it succeeds."""

from ingest.settings import IngestSettings
from ingest.sources.raw_topics import KafkaUnavailable, TopicRefused, create_raw_topic
from ingest.sources.rows import set_topic_ready, without_topic
from mandegar.database import transaction
from mandegar.service.background import every
from mandegar.service.context import Context
from mandegar.telemetry.logging import logger

log = logger(__name__)

EVERY_SECONDS = 10.0
AT_ONCE = 10


async def create_topic_of(context: Context[IngestSettings], source_id: str) -> bool:
    """Create the topic of a source unless it exists, and note it; returns whether there is one now."""
    try:
        await create_raw_topic(context.settings, source_id)
    except (KafkaUnavailable, TopicRefused) as error:
        log.warning("topic_not_created", source=source_id, why=str(error) or type(error).__name__)
        return False
    async with transaction(context.worker) as connection:
        await set_topic_ready(connection, source_id)
    return True


async def create_missing_topics(context: Context[IngestSettings]) -> None:
    """Create topics that could not be created with their source, until cancelled."""

    async def create() -> None:
        async with transaction(context.worker) as connection:
            missing = await without_topic(connection, AT_ONCE)
        for source_id in missing:
            await create_topic_of(context, source_id)

    await every(EVERY_SECONDS, create, name="create_missing_topics")
