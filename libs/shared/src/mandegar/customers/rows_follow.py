"""The merge of a table whose rows simply become the root's."""

from collections.abc import Collection, Sequence
from datetime import datetime

from mandegar.database import WorkerConnection, key_columns
from mandegar.database.customer_data import give_to_roots
from mandegar.events import CustomerKey, Event
from mandegar.stream import Merge, Merged


def rows_follow(table: str) -> Merge:
    """The ``merge`` of a part: rows of ``table`` go from aliases to their roots. Nothing is published.

    For tables whose key does not name the customer, so that no two rows can meet.
    """
    move = give_to_roots(table)

    async def merge(merged: Sequence[Merged], connection: WorkerConnection, now: datetime) -> Sequence[Event]:  # noqa: ARG001
        await connection.execute(move, *merge_columns([(each.alias, each.root) for each in merged]))
        return ()

    return merge


def merge_columns(merged: Collection[tuple[CustomerKey, CustomerKey]]) -> tuple[list[str], list[str], list[str]]:
    """Aliases and their roots for ``unnest($1::text[], $2::text[], $3::text[]) AS w(shop, alias, root)``."""
    return *key_columns([alias for alias, _ in merged]), [root.customer_id for _, root in merged]
