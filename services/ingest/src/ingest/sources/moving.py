"""What of sources does not go along when a shop moves to another installation, and what has to be done there."""

from types import MappingProxyType

from mandegar.database import WorkerConnection

LEFT_BEHIND = MappingProxyType(
    {
        "source_keys": "a key opens one installation: keys are made anew",
        "sources.visitor_secrets": "they are secrets of a shop's servers: they are made anew",
        "sources.topic_ready": "the topic of a source is created anew",
    }
)


async def moved_in(connection: WorkerConnection, shop: str) -> None:
    """Let the topics of the shop's sources be created by the background task that does so after failures."""
    await connection.execute(
        "UPDATE sources SET topic_ready = false WHERE shop = $1 AND kafka AND closed_at IS NULL", shop
    )
