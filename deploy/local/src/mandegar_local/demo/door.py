"""Posting through the door as a shop does: in batches, a few at a time, again whenever the answer was lost."""

import asyncio
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

import orjson

from mandegar_local.demo.events import EventBody
from mandegar_local.demo.patience import Patient
from mandegar_local.failure import StackError

BATCH = 100
IN_FLIGHT = 4
STATUSES = ("accepted", "duplicate", "quarantined", "rejected")
_RETRIES_MAX = 60


@dataclass(slots=True)
class Answers:
    """What the door said: the last word on each event that was posted. `known` holds the ids by type of event."""

    posted: int = 0
    statuses: Counter[str] = field(default_factory=Counter)
    codes: Counter[str] = field(default_factory=Counter)
    known: dict[str, set[str]] = field(default_factory=dict)

    def note(self, event: EventBody | bytes, result: dict[str, Any]) -> None:
        """Take down the final result of an event; unreadable ones are bytes."""
        status = result["status"]
        self.posted += 1
        self.statuses[status] += 1
        if result.get("code"):
            self.codes[result["code"]] += 1
        if isinstance(event, dict) and status in ("accepted", "duplicate"):
            self.known.setdefault(event["type"], set()).add(event["id"])


@dataclass(frozen=True, slots=True)
class Door:
    """One source's way in."""

    patient: Patient
    url: str
    key: str
    answers: Answers

    async def post(self, events: Sequence[EventBody | bytes]) -> list[dict[str, Any]]:
        """Post one batch and return a result per event, in order; events that the door asks to retry are sent again.

        Bytes are sent as they are. A batch may be posted again as a whole: the ids make that safe.
        """
        final: list[dict[str, Any]] = [{} for _ in events]
        waiting = list(range(len(events)))
        for _ in range(_RETRIES_MAX):
            results = await self._once([events[index] for index in waiting])
            for index, result in zip(waiting, results, strict=True):
                final[index] = result
            waiting = [index for index in waiting if final[index]["status"] == "retry"]
            if not waiting:
                break
            await asyncio.sleep(1)
        else:
            raise StackError(f"ingest asked to retry {len(waiting)} events for {_RETRIES_MAX} s; see its log.")
        for event, result in zip(events, final, strict=True):
            self.answers.note(event, result)
        return final

    async def _once(self, events: Sequence[EventBody | bytes]) -> list[dict[str, Any]]:
        parts = [event if isinstance(event, bytes) else orjson.dumps(event) for event in events]
        answer = await self.patient.ask(
            "POST",
            f"{self.url}/v1/events",
            content=b"[" + b",".join(parts) + b"]",
            headers={"Authorization": f"Bearer {self.key}", "Content-Type": "application/json"},
        )
        if answer.status_code not in (200, 202, 422):
            raise StackError(f"ingest answered the door with {answer.status_code}: {answer.text[:300]}")
        results: list[dict[str, Any]] = answer.json()["results"]
        return results


async def post_all(door: Door, batches: Sequence[Sequence[EventBody]], advance: Callable[[int], None]) -> None:
    """Post all batches, a few requests in flight; `advance` is told how many events were answered."""
    waiting = iter(batches)

    async def one_after_the_other() -> None:
        for batch in waiting:
            await door.post(batch)
            advance(len(batch))

    await asyncio.gather(*(one_after_the_other() for _ in range(IN_FLIGHT)))
