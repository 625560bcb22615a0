"""Finds the running stack for the demo, or starts one."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

import httpx2

from mandegar_local.detach import run_detached
from mandegar_local.stack_error import StackError
from mandegar_local.stack_files import StackFiles, read_json

_POLL_SECONDS = 3.0


@dataclass(frozen=True, slots=True)
class DemoStack:
    """Addresses and keys of the stack. `started_here` is true if the demo started it, and so has to stop it."""

    services: dict[str, str]
    mailbox: str | None
    sms_outbox: str
    token: str
    operator_token: str
    shop: str
    live_key: str
    backfill_id: str
    backfill_key: str
    started_here: bool


def find_or_start(files: StackFiles, clock: datetime) -> DemoStack:
    """The running stack, or a new one whose clock starts at `clock`. Raises StackError if it does not start."""
    described = read_json(files.stack)
    if described is not None and _answers(described):
        return _house(described, started_here=False)
    code = run_detached(files, clock.isoformat())
    if code == 130:
        raise KeyboardInterrupt
    described = read_json(files.stack) if code == 0 else None
    if described is None:
        raise StackError("The stack did not start; its output is above.")
    return _house(described, started_here=True)


def _house(described: dict[str, Any], *, started_here: bool) -> DemoStack:
    missing = [name for name in ("source_key", "backfill_source_id", "backfill_source_key") if not described.get(name)]
    if missing or len(described["services"]) < 4:
        raise StackError(
            "The demo needs all four services and both sources of the first shop; start the stack without "
            "MANDEGAR_SERVICES."
        )
    return DemoStack(
        services=described["services"],
        mailbox=described["mailbox"],
        sms_outbox=described["sms_outbox"],
        token=described["tokens"]["admin"],
        operator_token=described["tokens"]["operator"],
        shop=described["shop"],
        live_key=described["source_key"],
        backfill_id=described["backfill_source_id"],
        backfill_key=described["backfill_source_key"],
        started_here=started_here,
    )


def _answers(described: dict[str, Any]) -> bool:
    try:
        for url in described["services"].values():
            httpx2.get(f"{url}/livez", timeout=_POLL_SECONDS)
    except httpx2.HTTPError:
        return False
    return True
