"""Posts events as a shop does: in batches, several at a time, and again if an answer was lost."""

import asyncio
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

import orjson

from mandegar_local.demo.events import EventBody
from mandegar_local.demo.retrying_client import RetryingClient
from mandegar_local.stack_error import StackError

BATCH = 100
IN_FLIGHT = 4
STATUSES = ("accepted", "duplicate", "quarantined", "rejected")
_RETRIES_MAX = 60


@dataclass(slots=True)
class Answers:
    """The final results of the posted events. `known` holds the ids of accepted events and duplicates, by type."""

    posted: int = 0
    statuses: Counter[str] = field(default_factory=Counter)
    codes: Counter[str] = field(default_factory=Counter)
    known: dict[str, set[str]] = field(default_factory=dict)

    def note(self, event: EventBody | bytes, result: dict[str, Any]) -> None:
        """Count the final result of an event, which is bytes if it is unreadable."""
        status = result["status"]
        self.posted += 1
        self.statuses[status] += 1
        if result.get("code"):
            self.codes[result["code"]] += 1
        if isinstance(event, dict) and status in ("accepted", "duplicate"):
            self.known.setdefault(event["type"], set()).add(event["id"])


@dataclass(frozen=True, slots=True)
class Door:
    """The native door of ingest, with the key of one source."""

    http: RetryingClient
    url: str
    key: str
    answers: Answers

    async def post(self, events: Sequence[EventBody | bytes]) -> list[dict[str, Any]]:
        """Post one batch and return a result per event, in order; events with the status `retry` are sent again.

        Bytes are sent unchanged. The whole batch may be posted again, because ingest recognises the ids.
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
            raise StackError(
                f"For {_RETRIES_MAX} s ingest answered {len(waiting)} events with `retry`; see .local/log/ingest.log."
            )
        for event, result in zip(events, final, strict=True):
            self.answers.note(event, result)
        return final

    async def _once(self, events: Sequence[EventBody | bytes]) -> list[dict[str, Any]]:
        parts = [event if isinstance(event, bytes) else orjson.dumps(event) for event in events]
        answer = await self.http.request(
            "POST",
            f"{self.url}/v1/events",
            content=b"[" + b",".join(parts) + b"]",
            headers={"Authorization": f"Bearer {self.key}", "Content-Type": "application/json"},
        )
        if answer.status_code not in (200, 202, 422):
            raise StackError(f"ingest answered POST /v1/events with {answer.status_code}: {answer.text[:300]}")
        results: list[dict[str, Any]] = answer.json()["results"]
        return results


async def post_all(door: Door, batches: Sequence[Sequence[EventBody]], advance: Callable[[int], None]) -> None:
    """Post all batches, four requests at a time; calls `advance` with the number of events of each answer."""
    waiting = iter(batches)

    async def post_in_turn() -> None:
        for batch in waiting:
            await door.post(batch)
            advance(len(batch))

    await asyncio.gather(*(post_in_turn() for _ in range(IN_FLIGHT)))
