"""F14: the disks of broker and database run full under load, and are freed. Doors refuse, they never promise.

Both lie on a small memory file system of their own, which needs root.
"""

import asyncio
import os
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from faults.drill import Drill
from faults.scenario import Scenario
from faults.stack import Stack

SIZES = {"kafka": 600, "postgres": 700}
LEFT_BYTES = 100_000
FULL_SECONDS = 15.0
BALLAST = "ballast"


@contextmanager
def small_disks(stack: Stack) -> Iterator[None]:
    """Before anything starts: a file system of its own under each server's data."""
    if os.geteuid() != 0:
        raise PermissionError("F14 mounts file systems: run it as root")
    mounted = []
    try:
        for name, megabytes in SIZES.items():
            place = stack.root / name
            place.mkdir(mode=0o755, exist_ok=True)
            options = f"size={megabytes}m,mode=0755"
            subprocess.run(["mount", "-t", "tmpfs", "-o", options, "tmpfs", place], check=True)
            mounted.append(place)
        yield
    finally:
        for place in mounted:
            subprocess.run(["umount", "--lazy", place], check=True)


async def disks_run_full(drill: Drill) -> None:
    stack = drill.stack
    async with drill.load(rate=80, seconds=70) as tally:
        for name, server in (("kafka", stack.broker), ("postgres", stack.database)):
            await asyncio.sleep(3)
            async with drill.fault("disk full", server.name):
                ballast = _fill(stack.root / name)
                await asyncio.sleep(FULL_SECONDS)
                drill.figures[f"bytes left to {server.name}"] = _left(stack.root / name)
                drill.say(f"{server.name} is {'alive' if server.alive else 'dead'}; the disk is freed")
                ballast.unlink()
                await server.heal()
    drill.expect(tally.statuses[503] > 0, "no door refused, so the database's disk never ran full")
    wrong = {code: count for code, count in tally.statuses.items() if code not in {202, 422, 429, 503}}
    drill.expect(not wrong, f"answers other than 202, 422, 429 and 503: {wrong}")


def _fill(place: Path) -> Path:
    """Take all but a little of the space there is."""
    ballast = place / BALLAST
    with ballast.open("wb") as file, suppress(OSError):
        os.posix_fallocate(file.fileno(), 0, max(_left(place) - LEFT_BYTES, 1))
    return ballast


def _left(place: Path) -> int:
    disk = os.statvfs(place)
    return disk.f_bavail * disk.f_frsize


SCENARIOS = [
    Scenario(
        "F14", "disks of broker and database full", disks_run_full, own_stack=True, around=small_disks, quiet_seconds=90
    )
]
