"""The stack that the demo plays on: one that answers already, else one that is started for it."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

import httpx2

from mandegar_local.detach import run_detached
from mandegar_local.failure import StackError
from mandegar_local.places import Places, read_json

_LOOK_SECONDS = 3.0


@dataclass(frozen=True, slots=True)
class House:
    """Where everything is. `started_here` says that it was not there before."""

    services: dict[str, str]
    mailbox: str | None
    sms_outbox: str
    token: str
    shop: str
    live_key: str
    backfill_id: str
    backfill_key: str
    started_here: bool


def find_or_start(places: Places, clock: datetime) -> House:
    """A stack that answers; a new one's time starts at `clock`. Raises StackError when none can be had."""
    described = read_json(places.stack)
    if described is not None and _answers(described):
        return _house(described, started_here=False)
    code = run_detached(places, clock.isoformat())
    if code == 130:
        raise KeyboardInterrupt
    described = read_json(places.stack) if code == 0 else None
    if described is None:
        raise StackError("The stack did not start; what it said stands above.")
    return _house(described, started_here=True)


def _house(described: dict[str, Any], *, started_here: bool) -> House:
    missing = [name for name in ("source_key", "backfill_source_id", "backfill_source_key") if not described.get(name)]
    if missing or len(described["services"]) < 4:
        raise StackError(
            "The demo needs all four services and both sources; start the stack without MANDEGAR_SERVICES."
        )
    return House(
        services=described["services"],
        mailbox=described["mailbox"],
        sms_outbox=described["sms_outbox"],
        token=described["tokens"]["admin"],
        shop=described["shop"],
        live_key=described["source_key"],
        backfill_id=described["backfill_source_id"],
        backfill_key=described["backfill_source_key"],
        started_here=started_here,
    )


def _answers(described: dict[str, Any]) -> bool:
    try:
        for url in described["services"].values():
            httpx2.get(f"{url}/livez", timeout=_LOOK_SECONDS)
    except httpx2.HTTPError:
        return False
    return True
