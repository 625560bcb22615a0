"""Puts the answers of customers together who turn out to be one."""

from collections.abc import Sequence
from datetime import datetime

from churn.domain.satisfaction import together
from churn.satisfaction.rows import load_answered, take_answered, write_answered
from mandegar.database import WorkerConnection
from mandegar.events import CustomerKey, Event
from mandegar.stream import Merged


async def merge(merged: Sequence[Merged], connection: WorkerConnection, now: datetime) -> Sequence[Event]:  # noqa: ARG001
    """Give the answers of aliases to their roots, who count once in a month for each survey."""
    taken = await take_answered(connection, {each.alias for each in merged}) if merged else {}
    aliases: dict[CustomerKey, list[CustomerKey]] = {}
    for alias, root, _ in sorted(merged):
        if alias in taken:
            aliases.setdefault(root, []).append(alias)
    if not aliases:
        return ()
    roots = await load_answered(connection, aliases)
    answers = {
        root: together(
            answer
            for row in (*(taken[alias] for alias in of), *([roots[root]] if root in roots else ()))
            for answer in row.all()
        )
        for root, of in aliases.items()
    }
    await write_answered(connection, answers, [*roots.values(), *taken.values()])
    return ()
