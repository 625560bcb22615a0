"""What loyalty has opened of imported balances, for the comparison with the file."""

import asyncio
from typing import Any

from mandegar.clock import monotonic_seconds
from mandegar_local.demo.retrying_client import RetryingClient

WAITS_SECONDS = 30.0
_POLL_SECONDS = 0.5


async def opened_lines(http: RetryingClient, loyalty: str, points: int, *, seconds: float = WAITS_SECONDS) -> list[str]:
    """What loyalty answers, once it has at least the points of the import, or after some seconds."""
    deadline = monotonic_seconds() + seconds
    while True:
        opened = await http.get_json(f"{loyalty}/v1/opening-balances")
        if opened["points"] >= points or monotonic_seconds() > deadline:
            return lines_of(opened, points)
        await asyncio.sleep(_POLL_SECONDS)


def lines_of(opened: dict[str, Any], points: int) -> list[str]:
    """The lines of an answer."""
    lines = [
        f"loyalty has opened {opened['points']:,} points over all imports of the shop (lots: {opened['lots']:,}, "
        f"customers: {opened['customers']:,})"
    ]
    if opened["points"] < points:
        lines.append("  fewer than this import has: loyalty is behind (`mandegar status`), or customers were erased")
    lines += [
        f"  the programme has no tier {each['tier']}, which was granted (customers: {each['customers']:,})"
        for each in opened["unknown_tiers"]
    ]
    return lines
