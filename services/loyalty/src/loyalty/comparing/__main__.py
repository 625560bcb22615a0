"""``python -m loyalty.comparing`` reads a request as JSON; it writes its progress and the result, one JSON a line."""

import asyncio
import os
import sys
from collections.abc import Callable
from typing import Any

from msgspec import json

from loyalty.comparing.compare import compare
from loyalty.comparing.request import Request
from mandegar.clock import monotonic_seconds

LOW_PRIORITY = 10
EVERY_SECONDS = 0.5


def _printer() -> Callable[[str, int, int], None]:
    """Prints progress twice a second. It fails once nobody reads it any more, which ends the process."""
    last = 0.0

    def progress(doing: str, done: int, total: int) -> None:
        nonlocal last
        if (now := monotonic_seconds()) - last >= EVERY_SECONDS:
            last = now
            _print({"doing": doing, "done": done, "total": total})

    return progress


def _print(line: dict[str, Any]) -> None:
    sys.stdout.buffer.write(json.encode(line) + b"\n")
    sys.stdout.buffer.flush()


if __name__ == "__main__":
    os.nice(LOW_PRIORITY)
    request = json.decode(sys.stdin.buffer.read(), type=Request)
    _print({"result": asyncio.run(compare(request, _printer()))})
