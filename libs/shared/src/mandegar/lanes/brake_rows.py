"""Engaged brakes in the database, so that any process of the service can show and release them."""

from mandegar.database import Connection, WorkerConnection


async def insert_brake(connection: WorkerConnection, group: str, member: str, reason: str) -> None:
    """Write that the group is stopped in the process ``member``."""
    await connection.execute(
        """
        INSERT INTO brakes (consumer_group, member, reason) VALUES ($1, $2, $3)
        ON CONFLICT (consumer_group, member) DO UPDATE SET reason = excluded.reason, engaged_at = now()
        """,
        group,
        member,
        reason,
    )


async def is_engaged(connection: Connection, group: str, member: str) -> bool:
    """Whether nobody has released the brake of the process ``member``."""
    engaged: bool = await connection.fetchval(
        "SELECT EXISTS (SELECT FROM brakes WHERE (consumer_group, member) = ($1, $2))", group, member
    )
    return engaged


async def delete_brakes(connection: WorkerConnection, group: str, member: str | None = None) -> bool:
    """Release the group in the process ``member``, or in all; whether it was stopped."""
    deleted = await connection.fetch(
        "DELETE FROM brakes WHERE consumer_group = $1 AND member = coalesce($2, member) RETURNING member",
        group,
        member,
    )
    return bool(deleted)


async def engaged_brakes(connection: Connection) -> dict[str, str]:
    """The reason for which each stopped group stands."""
    rows = await connection.fetch("SELECT consumer_group, reason FROM brakes ORDER BY engaged_at DESC")
    return {row["consumer_group"]: row["reason"] for row in rows}
