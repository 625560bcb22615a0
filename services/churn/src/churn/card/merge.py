"""Puts cards together: of each part what was published last, and the newest messages of all."""

from collections.abc import Sequence
from datetime import datetime

from churn.card.rows import load_messages, merge_points, save_messages, take_cards
from churn.card.rules import newest_points
from mandegar.database import WorkerConnection
from mandegar.events import CustomerKey, Event
from mandegar.stream import Merged


async def merge(merged: Sequence[Merged], connection: WorkerConnection, now: datetime) -> Sequence[Event]:  # noqa: ARG001
    """Give the cards of aliases to their roots. The library keeps the group of the cards out meanwhile."""
    taken = await take_cards(connection, {each.alias for each in merged})
    if not taken:
        return ()
    cards: dict[CustomerKey, list[CustomerKey]] = {}
    for alias, root, _ in merged:
        if alias in taken:
            cards.setdefault(root, []).append(alias)
    points = {root: newest_points((taken[alias][0] for alias in aliases), root) for root, aliases in cards.items()}
    await merge_points(connection, points)
    messages = await load_messages(connection, cards)
    for root, aliases in cards.items():
        for alias in aliases:
            _, part = taken[alias]
            messages[root].add(part.messages, part.messages_at)
    await save_messages(connection, list(messages.values()))
    return ()
