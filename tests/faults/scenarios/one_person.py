"""F27: ids turn out to be one person while events of all of them arrive and processes are killed.

At rest each has what a twin has who did the same under one id: the same balance, the same score, and no message twice.
"""

import asyncio
from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime, timedelta
from itertools import pairwise
from typing import Any

import httpx2
import orjson

from faults.drill import Drill
from faults.nemesis import KINDS
from faults.people import Person, people, story_of
from faults.scenario import Scenario
from mandegar.http_client import HttpClient

SECONDS = 40.0
PEOPLE = 8
GIVE_UP_SECONDS = 120.0
SCORES_DIFFER_MAX = 1e-9
COOLDOWNS = {"at_risk_offer": timedelta(days=30), "points_expiring": timedelta(days=7)}
_BALANCE = ("available", "pending", "held", "debt", "lifetime", "tier", "tier_until", "next_expiry")
_SENDS = """
    SELECT journey, payload, coalesce(started_as, customer_id) AS started_as, attempted_at, merged_at FROM sends
    WHERE customer_id = $1 AND state IN ('sent', 'unknown') ORDER BY attempted_at
"""


async def ids_become_one_person(drill: Drill) -> None:
    everybody = people(drill.name.lower(), drill.draw, PEOPLE)
    told = story_of(everybody, drill.draw, drill.now(), SECONDS)
    clock = asyncio.get_running_loop().time
    async with drill.load(rate=sum(map(len, told)) / SECONDS, planned=told), asyncio.TaskGroup() as merging:
        until = clock() + SECONDS
        for person in everybody:
            merging.create_task(_merge(drill, person))
        while clock() < until:
            async with KINDS["service killed"](drill):
                await asyncio.sleep(drill.draw.uniform(2, 5))
    drill.after_quiet(lambda same: _each_is_their_twin(same, everybody))


async def _merge(drill: Drill, person: Person) -> None:
    """Each id into the next one, in any order, at any time, and some of it twice."""
    pairs = [*pairwise(person.ids)]
    for alias, root in drill.draw.sample([*pairs, pairs[0]], k=len(pairs) + 1):
        await asyncio.sleep(drill.draw.uniform(0, SECONDS / (len(pairs) + 1)))
        await _until_merged(drill, alias, root)


async def _until_merged(drill: Drill, alias: str, root: str) -> None:
    """Until ingest says so: before the first event of either it answers 404, and in between it may be killed."""
    headers = {"Authorization": f"Bearer {drill.stack.token}"}
    async with asyncio.timeout(GIVE_UP_SECONDS), HttpClient(headers=headers, timeout=10) as http:
        while True:
            try:
                url = f"{drill.stack.services['ingest']}/v1/customers/{root}/merge"
                answer = await http.post(url, json={"alias": alias})
            except httpx2.HTTPError:
                answer = None
            if answer is not None and answer.status_code == 200:
                return
            drill.expect(
                answer is None or answer.status_code in {404, 503},
                f"merging {alias} into {root} was answered {answer and answer.text}",
            )
            await asyncio.sleep(0.3)


async def _each_is_their_twin(drill: Drill, everybody: Sequence[Person]) -> None:
    at = {"at": drill.now().isoformat()}
    headers = {"Authorization": f"Bearer {drill.stack.token}"}
    async with HttpClient(headers=headers, timeout=10) as http:

        async def read(service: str, customer: str, what: str, **params: str) -> dict[str, Any]:
            url = f"{drill.stack.services[service]}/v1/customers/{customer}/{what}"
            answer: dict[str, Any] = (await http.get(url, params=params)).raise_for_status().json()
            return answer

        for person in everybody:
            ours, twins = [await read("loyalty", id_, "balance") for id_ in (person.ids[0], person.twin)]
            differ = {word: (ours[word], twins[word]) for word in _BALANCE if ours[word] != twins[word]}
            drill.expect(not differ, f"{person.ids}: the balance is not the twin's: {differ}")
            ours, twins = [await read("churn", id_, "risk", **at) for id_ in (person.ids[0], person.twin)]
            apart = abs(ours["risk"] - twins["risk"])
            drill.expect(apart <= SCORES_DIFFER_MAX, f"{person.ids}: the score is {apart} from the twin's")
            same = ours["band"] == twins["band"] and ours["value_at_risk"] == twins["value_at_risk"]
            drill.expect(same, f"{person.ids}: the band or value is not the twin's")
            for read_as in person.ids[1:]:
                also = await read("loyalty", read_as, "balance")
                drill.expect(also["customer_id"] == person.ids[-1], f"{read_as} is not read as {person.ids[-1]}")
    drill.figures["people"] = len(everybody)
    theirs = [await _messages(drill, person) for person in everybody]
    twins = [await _messages_that_hold(drill, person.twin) for person in everybody]
    drill.figures |= {"messages of theirs": sum(theirs), "messages of twins": sum(twins)}
    for person, own, of_twin in zip(everybody, theirs, twins, strict=True):
        drill.expect(bool(own) or not of_twin, f"{person.ids}: got no message, and the twin {of_twin}")


async def _messages(drill: Drill, person: Person) -> int:
    """How many they got. Behind their merge, none for what was said within the cooldown under any id."""
    rows = await drill.stack.fetch("notify", _SENDS, person.ids[-1])
    of: defaultdict[str, list[Any]] = defaultdict(list)
    for row in rows:
        of[row["journey"]].append(row)
    for journey, sends in of.items():
        for first, second in pairwise(sends):
            soon = second["attempted_at"] - first["attempted_at"] < COOLDOWNS[journey]
            drill.expect(not soon or _as_two(first, second), f"{person.ids}: {journey} twice within its cooldown")
    return len(rows)


async def _messages_that_hold(drill: Drill, twin: str) -> int:
    """How many the twin got that are still true: points of a refund which came later do not expire after all, and
    where it came earlier nobody was warned of them.
    """
    rows = await drill.stack.fetch("notify", _SENDS, twin)
    headers = {"Authorization": f"Bearer {drill.stack.token}"}
    async with HttpClient(base_url=drill.stack.services["loyalty"], headers=headers, timeout=10) as http:
        coming = (await http.get(f"/v1/customers/{twin}/projection")).raise_for_status().json()
    expire = {datetime.fromisoformat(change["at"]) for change in coming["changes"] if change["kind"] == "points_expire"}
    of_points = [orjson.loads(row["payload"]) for row in rows if row["journey"] == "points_expiring"]
    past = [payload for payload in of_points if datetime.fromisoformat(payload["expires_at"]) not in expire]
    return len(rows) - len(past)


def _as_two(first: Any, second: Any) -> bool:
    """Whether the second was sent while the two ids were not known to be one person."""
    merged = [row["merged_at"] for row in (first, second) if row["merged_at"] is not None]
    return first["started_as"] != second["started_as"] and any(second["attempted_at"] <= at for at in merged)


SCENARIOS = [Scenario("F27", "ids become one person under kills", ids_become_one_person, short=True)]
