"""F29: tills reserve, confirm, cancel and give back the points of a few purses, while processes and connections die.

A till repeats each request under its key until it is answered. At rest there is one redemption for each key that was
granted, in the state that its till was told, and each purse has what it had less what was spent.
"""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from datetime import timedelta
from typing import Any, NamedTuple

import httpx2
import orjson

from faults.drill import Drill
from faults.nemesis import KINDS
from faults.plan import Planned
from faults.scenario import Scenario
from mandegar.http_client import HttpClient

PURSES = 6
TILLS_OF_EACH = 6
ACTS_OF_EACH_TILL = 12
PAUSE_SECONDS = 2.0
LOTS = (120, 300, 580)
OF_LOYALTY = 0.6
OTHERS = ("service killed", "database resets")
SHORT_SECONDS = 2
LONG_SECONDS = 3_600
GIVE_UP_SECONDS = 150.0
POLL_SECONDS = 0.3
_LATER = {429, 500, 502, 503, 504}


class Told(NamedTuple):
    """What a till was told of a redemption: how it ended, and how many of its points are gone for good."""

    state: str
    spent: int


async def purses_are_spent_under_kills(drill: Drill) -> None:
    purses = [f"{drill.name.lower()}-purse-{number}" for number in range(PURSES)]
    told: dict[str, dict[str, Told]] = {purse: {} for purse in purses}
    async with drill.load(rate=20.0, planned=_lots_of(drill, purses)):
        pass
    async with drill.load(rate=20.0, seconds=20.0), _kills(drill), asyncio.TaskGroup() as tills:
        for purse in purses:
            for till in range(TILLS_OF_EACH):
                tills.create_task(_Till(drill, purse, f"{purse}-till-{till}", told[purse]).work())
    drill.figures |= {
        "redemptions": sum(map(len, told.values())),
        "points spent": sum(each.spent for of_purse in told.values() for each in of_purse.values()),
    }
    drill.after_quiet(lambda same: _purses_have_what_is_left(same, told))


def _lots_of(drill: Drill, purses: Sequence[str]) -> list[list[Planned]]:
    """Three lots in each purse: one lasts for ever, the others for different times."""
    planned = []
    for purse in purses:
        for number, points in enumerate(LOTS):
            data: dict[str, Any] = {"lot_id": f"lot-{number}", "points": points}
            if number:
                data["expires_at"] = (drill.now() + timedelta(days=100 * number)).isoformat()
            event = {
                "id": f"{purse}-lot-{number}",
                "type": "points.opened",
                "time": (drill.now() - timedelta(days=1)).isoformat(),
                "customer": {"id": purse},
                "data": data,
            }
            planned.append([Planned(event["id"], "points.opened", purse, orjson.dumps(event))])
    drill.draw.shuffle(planned)
    return planned


@asynccontextmanager
async def _kills(drill: Drill) -> AsyncIterator[None]:
    async def kill() -> None:
        while True:
            await asyncio.sleep(drill.draw.uniform(0.5, 2))
            if drill.draw.random() < OF_LOYALTY:
                member = drill.draw.choice(drill.stack.replica("loyalty").members)
                async with drill.fault("kill -9", member.name):
                    member.kill()
            else:
                async with KINDS[drill.draw.choice(OTHERS)](drill):
                    await asyncio.sleep(drill.draw.uniform(0, 1))

    killing = asyncio.create_task(kill())
    try:
        yield
    finally:
        killing.cancel()
        await asyncio.gather(killing, return_exceptions=True)


class _Till:
    """One till at one purse, which acts one after the other."""

    def __init__(self, drill: Drill, purse: str, name: str, told: dict[str, Told]) -> None:
        self._drill = drill
        self._path = f"/v1/customers/{purse}/redemptions"
        self._name = name
        self._told = told

    async def work(self) -> None:
        for number in range(ACTS_OF_EACH_TILL):
            await asyncio.sleep(self._drill.draw.uniform(0, PAUSE_SECONDS))
            await self._spend(f"{self._name}-{number}")

    async def _spend(self, key: str) -> None:
        """Reserve, and end it in one way or the other; or leave it, until its time is over."""
        draw = self._drill.draw
        fate = draw.choice(("confirmed", "confirmed", "cancelled", "expired", "returned"))
        points = draw.choice((1, 7, 25, 60))
        seconds = SHORT_SECONDS if fate == "expired" else LONG_SECONDS
        reserved = await self._reserve(key, points, seconds)
        if reserved is None:
            return
        path = f"{self._path}/{reserved['redemption_id']}"
        if fate == "cancelled":
            await self._ask(f"{path}/cancel")
        elif fate != "expired":
            await self._ask(f"{path}/confirm")
        spent, back = (points, 0) if fate in ("confirmed", "returned") else (0, 0)
        if fate == "returned":
            back = draw.randrange(1, points + 1)
            await self._ask(f"{path}/return", {"points": back, "reference": key})
        state = "confirmed" if spent else fate
        self._told[reserved["redemption_id"]] = Told(state, spent - back)

    async def _reserve(self, key: str, points: int, seconds: int) -> dict[str, Any] | None:
        """The reservation; None if the purse has too little. Some send the request twice at once."""
        body = {"points": points, "expires_in": seconds, "reference": key}
        headers = {"Idempotency-Key": key}
        times = self._drill.draw.choice((1, 1, 2))
        answers = await asyncio.gather(*(self._until_answered(self._path, body, headers) for _ in range(times)))
        first = answers[0].json()
        for answer in answers[1:]:
            same = (answer.status_code, answer.json().get("redemption_id"))
            self._drill.expect(
                same == (answers[0].status_code, first.get("redemption_id")),
                f"one key, two answers: {first} and {answer.text}",
            )
        if answers[0].status_code == 409:
            short = first.get("code") == "not_enough_points" and first["available"] < first["required"] == points
            self._drill.expect(short, f"{points} points were refused with {first}")
            return None
        self._drill.expect(answers[0].status_code == 201, f"reserving {points} points was answered {first}")
        return first if answers[0].status_code == 201 else None

    async def _ask(self, path: str, body: dict[str, Any] | None = None) -> None:
        answer = await self._until_answered(path, body, {})
        self._drill.expect(answer.status_code == 200, f"{path} was answered {answer.status_code} {answer.text}")

    async def _until_answered(self, path: str, body: Any, headers: dict[str, str]) -> httpx2.Response:
        """An answer that is about the request: loyalty may be killed before and behind it."""
        stack = self._drill.stack
        every = {"Authorization": f"Bearer {stack.token}", **headers}
        async with asyncio.timeout(GIVE_UP_SECONDS), HttpClient(headers=every, timeout=10) as http:
            while True:
                try:
                    answer = await http.post(f"{stack.services['loyalty']}{path}", json=body)
                except httpx2.HTTPError:
                    answer = None
                waits = answer is None or answer.status_code in _LATER or _is_not_there_yet(answer)
                if answer is not None and not waits:
                    return answer
                await asyncio.sleep(POLL_SECONDS)


def _is_not_there_yet(answer: httpx2.Response) -> bool:
    """The lots of the purse are on their way, or another request with this key is being answered."""
    if answer.status_code == 404:
        return answer.json()["code"] == "unknown_customer"
    return answer.status_code == 409 and answer.json().get("code") == "idempotency_key_in_use"


async def _purses_have_what_is_left(drill: Drill, told: dict[str, dict[str, Told]]) -> None:
    headers = {"Authorization": f"Bearer {drill.stack.token}"}
    async with HttpClient(base_url=drill.stack.services["loyalty"], headers=headers, timeout=10) as http:
        for purse, of_purse in told.items():
            balance = (await http.get(f"/v1/customers/{purse}/balance")).raise_for_status().json()
            left = sum(LOTS) - sum(each.spent for each in of_purse.values())
            has = tuple(balance[word] for word in ("available", "pending", "held", "debt"))
            drill.expect(has == (left, 0, 0, 0), f"{purse} should have {left} points and has {has}")
            found = {each["redemption_id"]: each["state"] for each in await _redemptions(http, purse)}
            expected = {redemption: each.state for redemption, each in of_purse.items()}
            differ = {key: (found.get(key), expected.get(key)) for key in found.keys() | expected.keys()}
            differ = {key: states for key, states in differ.items() if states[0] != states[1]}
            drill.expect(not differ, f"{purse}: redemptions (found, told to a till) {differ}")


async def _redemptions(http: httpx2.AsyncClient, purse: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = []
    params: dict[str, str] = {}
    while True:
        answer = await http.get(f"/v1/customers/{purse}/redemptions", params=params)
        page = answer.raise_for_status().json()
        found += page["redemptions"]
        if page["next_before"] is None:
            return found
        params = {"before": str(page["next_before"])}


SCENARIOS = [Scenario("F29", "purses are spent under kills", purses_are_spent_under_kills, short=True)]
