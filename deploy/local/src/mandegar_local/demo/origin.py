"""When the demo's story ends: noon in Tehran on the day of set-up, kept so that tomorrow's run is the same."""

import time
from datetime import UTC, datetime
from datetime import time as wall_time

from mandegar_local.demo.orders import ZONE
from mandegar_local.places import Places, read_json, write_json
from mandegar_local.stack_clock import running_clock


def story_ends_at(places: Places) -> datetime:
    """The kept instant; on the first run noon of today, or the present of a stack that runs on another time already."""
    kept = read_json(places.demo)
    if kept is None:
        kept = {"origin": _first(places, datetime.now(UTC)).isoformat()}
        write_json(places.demo, kept, mode=0o644)
    return datetime.fromisoformat(kept["origin"])


def _first(places: Places, now: datetime) -> datetime:
    clock = running_clock(places.clock)
    if clock is not None:
        return clock.at(time.time()).astimezone(ZONE).replace(microsecond=0)
    return noon(now)


def noon(now: datetime) -> datetime:
    """Noon in Tehran on the day that it is there."""
    return datetime.combine(now.astimezone(ZONE).date(), wall_time(12), ZONE)
