"""The batch transaction: offsets, effects, outbox rows and dead letters of one poll commit or roll back together."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import NamedTuple

from mandegar.database import Pool, transaction
from mandegar.failpoints import StreamFailpoint, reach
from mandegar.lanes import offsets
from mandegar.outbox.rows import write_outbox
from mandegar.stream import Process, Record


class Chunk(NamedTuple):
    """Consecutive records of one partition. ``start`` is the stored offset that the batch expects.

    ``behind`` is the next offset, if it is not that behind the last record.
    """

    start: int
    records: Sequence[Record]
    behind: int | None = None

    @property
    def stop(self) -> int:
        return self.records[-1].offset + 1 if self.behind is None else self.behind


async def apply_batch(
    pool: Pool, group: str, process: Process, chunks: Mapping[tuple[str, int], Chunk], now: datetime
) -> set[tuple[str, int]]:
    """Apply the records of one poll in one transaction; returns the (topic, partition) pairs that were applied.

    The others were not applied, because another owner has moved their stored offsets.
    """
    moves = [offsets.Move(*partition, chunk.start, chunk.stop) for partition, chunk in sorted(chunks.items())]
    reach(StreamFailpoint.BATCH_AFTER_POLL)
    async with transaction(pool) as connection:
        moved = await offsets.advance(connection, group, moves)
        reach(StreamFailpoint.BATCH_AFTER_OFFSETS)
        records = [record for partition in sorted(moved) for record in chunks[partition].records]
        outgoing = await process(records, connection, now) if records else ()
        await write_outbox(connection, outgoing)
        reach(StreamFailpoint.BATCH_BEFORE_COMMIT)
    reach(StreamFailpoint.BATCH_AFTER_COMMIT)
    return moved
