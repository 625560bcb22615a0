"""The origin of the demo: the time at which its history ends. It is saved, so that a run on another day is the same."""

import time
from datetime import UTC, datetime
from datetime import time as wall_time

from mandegar_local.demo.orders import ZONE
from mandegar_local.stack_clock import running_clock
from mandegar_local.stack_files import StackFiles, read_json, write_json


def demo_origin(files: StackFiles) -> datetime:
    """The saved origin; on the first run the time of the running stack's clock, else noon of today in Tehran."""
    saved = read_json(files.demo)
    if saved is None:
        saved = {"origin": _first(files, datetime.now(UTC)).isoformat()}
        write_json(files.demo, saved, mode=0o644)
    return datetime.fromisoformat(saved["origin"])


def _first(files: StackFiles, now: datetime) -> datetime:
    clock = running_clock(files.clock)
    if clock is not None:
        return clock.at(time.time()).astimezone(ZONE).replace(microsecond=0)
    return noon(now)


def noon(now: datetime) -> datetime:
    """Noon in Tehran on the present day there."""
    return datetime.combine(now.astimezone(ZONE).date(), wall_time(12), ZONE)
