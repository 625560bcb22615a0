"""Marks of a database: rows of ``offsets`` in the name of a group that reads nothing."""

from mandegar.database import WorkerConnection


async def put_mark(connection: WorkerConnection, group: str, says: str) -> None:
    """Replace the text of a group's mark."""
    await connection.execute("DELETE FROM offsets WHERE consumer_group = $1", group)
    await connection.execute(
        "INSERT INTO offsets (consumer_group, topic, partition, next_offset) VALUES ($1, $2, 0, 0)", group, says
    )
