"""What loyalty has opened of imported balances, for the comparison with the file."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from mandegar.clock import monotonic_seconds
from mandegar.http_client import HttpClient
from mandegar_local.demo.retrying_client import RetryingClient
from mandegar_local.figures import query_figures

WAITS_SECONDS = 30.0
# Longer than figures are kept, so that the second of two looks is at what was so after the first.
LOOK_SECONDS = 1.1

# How many records are not published or not applied yet; None: nobody knows.
Behind = Callable[[], Awaitable[int | None]]


def behind_in(workers: Mapping[str, str]) -> Behind:
    """How far loyalty is behind ingest, by the addresses of their workers."""

    async def behind() -> int | None:
        async with HttpClient(timeout=5.0) as client:
            unpublished = (await query_figures(client, workers["ingest"])).backlog
            unapplied = (await query_figures(client, workers["loyalty"])).lag
        return None if unpublished is None or unapplied is None else unpublished + unapplied

    return behind


async def opened_lines(
    http: RetryingClient,
    loyalty: str,
    points: int,
    behind: Behind,
    *,
    seconds: float = WAITS_SECONDS,
    look_seconds: float = LOOK_SECONDS,
) -> list[str]:
    """What loyalty answers once it has applied the import, or after some seconds.

    The sum does not tell when that is: a correction takes points back, and customers may have been erased since.
    """
    deadline = monotonic_seconds() + seconds
    looks: list[int | None] = [await behind()]
    while looks[-2:] != [0, 0] and monotonic_seconds() < deadline:
        await asyncio.sleep(look_seconds)
        looks.append(await behind())
    opened = await http.get_json(f"{loyalty}/v1/opening-balances")
    return lines_of(opened, points, 0 if looks[-2:] == [0, 0] else looks[-1])


def lines_of(opened: dict[str, Any], points: int, behind: int | None) -> list[str]:
    """The lines of an answer of a loyalty that is ``behind`` by so many records."""
    lines = [
        f"loyalty has opened {opened['points']:,} points over all imports of the shop (lots: {opened['lots']:,}, "
        f"customers: {opened['customers']:,})"
    ]
    if behind != 0:
        number = "" if behind is None else f" ({behind:,} records are left)"
        lines.append(
            f"  so far: not everything is applied yet{number}, see `mandegar status`; the same command tells it"
        )
    elif opened["points"] < points:
        lines.append("  fewer than this import has: a later file took points back, or customers were erased since")
    lines += [
        f"  the programme has no tier {each['tier']}, which was granted (customers: {each['customers']:,})"
        for each in opened["unknown_tiers"]
    ]
    return lines
