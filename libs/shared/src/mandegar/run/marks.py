"""Marks of a database: rows of ``offsets`` in the name of a group that reads nothing."""

from mandegar.database import WorkerConnection


async def put_mark(connection: WorkerConnection, group: str, says: str) -> None:
    """Let the mark of a group say this, instead of what it said before."""
    await connection.execute("DELETE FROM offsets WHERE consumer_group = $1", group)
    await connection.execute(
        "INSERT INTO offsets (consumer_group, topic, partition, next_offset) VALUES ($1, $2, 0, 0)", group, says
    )
