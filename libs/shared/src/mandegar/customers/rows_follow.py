"""The merge of a table whose rows simply become the root's."""

from collections.abc import Sequence
from datetime import datetime

from mandegar.database import WorkerConnection
from mandegar.database.customer_data import give_to_roots
from mandegar.events import Event
from mandegar.stream import Merge, Merged


def rows_follow(table: str) -> Merge:
    """The ``merge`` of a part: rows of ``table`` go from aliases to their roots. Nothing is published.

    For tables whose key does not name the customer, so that no two rows can meet.
    """
    move = give_to_roots(table)

    async def merge(merged: Sequence[Merged], connection: WorkerConnection, now: datetime) -> Sequence[Event]:  # noqa: ARG001
        await connection.execute(
            move,
            [each.alias.shop for each in merged],
            [each.alias.customer_id for each in merged],
            [each.root.customer_id for each in merged],
        )
        return ()

    return merge
