"""Puts the facts of customers together who turn out to be one."""

from collections.abc import Sequence
from datetime import datetime

from churn.counted_facts.rows import FactTable
from mandegar.database import WorkerConnection
from mandegar.events import CustomerKey, Event
from mandegar.stream import Merge, Merged


def facts_go_to_roots(table: FactTable) -> Merge:
    """The ``merge`` of a part: roots get what their aliases had, and count for all as one. Publishes nothing."""

    async def merge(merged: Sequence[Merged], connection: WorkerConnection, now: datetime) -> Sequence[Event]:  # noqa: ARG001
        taken = await table.take(connection, {each.alias for each in merged}) if merged else {}
        aliases: dict[CustomerKey, list[CustomerKey]] = {}
        for alias, root, _ in sorted(merged):
            if alias in taken:
                aliases.setdefault(root, []).append(alias)
        if not aliases:
            return ()
        roots = await table.load(connection, aliases)
        facts = {
            root: table.together(
                fact
                for row in (*(taken[alias] for alias in of), *([roots[root]] if root in roots else ()))
                for fact in table.facts(row)
            )
            for root, of in aliases.items()
        }
        await table.write(connection, facts, [*roots.values(), *taken.values()])
        return ()

    return merge
