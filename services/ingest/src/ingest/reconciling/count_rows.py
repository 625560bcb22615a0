"""What a comparison comes to: rows by kind and cause, sums by currency, shifts of time."""

from uuid import UUID

from mandegar.database import Row, WorkerConnection


async def count_causes(connection: WorkerConnection, id_: UUID, *, net: bool) -> list[Row]:
    """The rows by kind and cause: how many, the first line, and both sums. What lines lack is counted besides."""
    return await connection.fetch(
        """
        SELECT kind, cause, lacks, count(*) AS orders, min(line) AS line, sum(total) AS theirs,
            sum(CASE WHEN $2 THEN greatest(our_total - our_refunded, 0) ELSE our_total END) AS ours
        FROM reconciliation_rows WHERE reconciliation_id = $1 GROUP BY kind, cause, lacks
        ORDER BY kind, count(*) DESC, cause, lacks
        """,
        id_,
        net,
    )


async def sum_currencies(connection: WorkerConnection, id_: UUID) -> list[Row]:
    """The sums of the file by currency; null for the shop's."""
    return await connection.fetch(
        """
        SELECT currency, count(*) AS orders, sum(total) AS theirs FROM reconciliation_rows
        WHERE reconciliation_id = $1 AND kind IN ('matched', 'missing', 'differs', 'accepted')
        GROUP BY currency ORDER BY currency NULLS FIRST LIMIT 50
        """,
        id_,
    )


async def count_shifts(connection: WorkerConnection, id_: UUID) -> list[Row]:
    """By how many minutes times of the file lie ahead of ours, the most frequent first."""
    return await connection.fetch(
        """
        SELECT shift, count(*) AS orders, min(line) AS line FROM reconciliation_rows
        WHERE reconciliation_id = $1 AND shift IS NOT NULL GROUP BY shift ORDER BY count(*) DESC, shift LIMIT 5
        """,
        id_,
    )


async def count_dated(connection: WorkerConnection, id_: UUID) -> int:
    """The rows whose time could be compared."""
    count: int = await connection.fetchval(
        """
        SELECT count(*) FROM reconciliation_rows
        WHERE reconciliation_id = $1 AND kind IN ('matched', 'differs') AND at IS NOT NULL AND our_time IS NOT NULL
        """,
        id_,
    )
    return count


async def count_extras(connection: WorkerConnection, id_: UUID, *, net: bool) -> list[Row]:
    """The orders that the file does not have, by cause."""
    return await connection.fetch(
        """
        SELECT cause, count(*) AS orders, min(order_id) AS order_id,
            sum(CASE WHEN $2 THEN greatest(our_total - our_refunded, 0) ELSE our_total END) AS ours
        FROM reconciliation_extras WHERE reconciliation_id = $1 GROUP BY cause ORDER BY count(*) DESC, cause
        """,
        id_,
        net,
    )
