"""When the demo's story ends: noon in Tehran on the day of set-up, kept so that tomorrow's run is the same."""

import time
from datetime import UTC, datetime
from datetime import time as wall_time
from pathlib import Path

from mandegar_local.demo.orders import ZONE
from mandegar_local.places import Places, read_json, write_json
from mandegar_local.stack_clock import running_clock


def story_ends_at(places: Places) -> datetime:
    """The kept instant; on the first run noon of today, or the present of a stack that runs on another time already."""
    file = kept_in(places)
    kept = read_json(file)
    if kept is None:
        kept = {"origin": _first(places, datetime.now(UTC)).isoformat()}
        write_json(file, kept, mode=0o644)
    return datetime.fromisoformat(kept["origin"])


def kept_in(places: Places) -> Path:
    """The file that holds it."""
    return places.root / "demo.json"


def _first(places: Places, now: datetime) -> datetime:
    clock = running_clock(places.clock)
    if clock is not None:
        return clock.at(time.time()).astimezone(ZONE).replace(microsecond=0)
    return noon(now)


def noon(now: datetime) -> datetime:
    """Noon in Tehran on the day that it is there."""
    return datetime.combine(now.astimezone(ZONE).date(), wall_time(12), ZONE)
