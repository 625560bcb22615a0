"""How long a partition stood although records waited in it: from the history of offsets and the records' own times."""

from collections import defaultdict
from collections.abc import Mapping
from typing import NamedTuple

from faults.stack import Stack
from faults.topics import records


class Stall(NamedTuple):
    """``partition`` of a group's topic had a record at ``since`` (unix) that was applied ``seconds`` later."""

    seconds: float
    since: float
    topic: str
    partition: int


async def worst_stalls(stack: Stack, service: str, group: str, topic: str, *, since: float) -> Mapping[int, Stall]:
    """The longest wait of each partition from ``since`` on: of the first record of every move of its offset."""
    written: defaultdict[int, dict[int, float]] = defaultdict(dict)
    async for record in records(stack.bootstrap, topic):
        written[record.partition][record.offset] = record.timestamp / 1000
    moves = await stack.fetch(
        service,
        """
        SELECT partition, old, extract(epoch FROM at)::float8 AS at FROM fault_offsets
        WHERE consumer_group = $1 AND topic = $2 AND old IS NOT NULL AND at >= to_timestamp($3) ORDER BY at
        """,
        group,
        topic,
        since,
    )
    worst: dict[int, Stall] = {}
    for move in moves:
        came = written[move["partition"]].get(move["old"])
        if came is None:
            continue
        stall = Stall(move["at"] - max(came, since), max(came, since), topic, move["partition"])
        if move["partition"] not in worst or stall > worst[move["partition"]]:
            worst[move["partition"]] = stall
    return worst
