"""F28: a shop with a running club moves in, file by file, while the processes that take and apply it are killed.

At rest every balance is what the file says: the orders behind it, which are imported as well, earn nothing once more.
"""

import asyncio
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import asynccontextmanager
from datetime import datetime, timedelta
from hashlib import sha256
from typing import Any, NamedTuple

import httpx2

from faults.drill import Drill
from faults.nemesis import KINDS
from faults.scenario import Scenario
from mandegar.http_client import HttpClient

CUSTOMERS = 60
ORDERS_OF_EACH = 8
ROWS_OF_A_PART = 15
# Before anything else that a run tells of happened, so that nobody else's orders lie before the cut-off.
MOVED_DAYS = 600
CLIENTS = 3
GIVE_UP_SECONDS = 150.0
POLL_SECONDS = 0.3


class Member(NamedTuple):
    """A customer of the club: their points there, how long these last, and whether their tier was granted."""

    customer: str
    points: int
    expires: str
    usable: int
    is_gold: bool


class File(NamedTuple):
    """A file of rows behind a header."""

    kind: str
    header: str
    rows: Sequence[str]

    @property
    def fingerprint(self) -> str:
        return "sha256:" + sha256("\n".join((self.header, *self.rows)).encode()).hexdigest()

    def parts(self) -> Iterator[tuple[int, str]]:
        """Each part, and the line of the file at which its rows begin."""
        for start in range(0, len(self.rows), ROWS_OF_A_PART):
            yield start + 2, "\n".join((self.header, *self.rows[start : start + ROWS_OF_A_PART])) + "\n"


async def a_club_moves_in(drill: Drill) -> None:
    as_of = (drill.now() - timedelta(days=MOVED_DAYS)).replace(microsecond=0)
    members = [_member(drill, number) for number in range(CUSTOMERS)]
    files = [_club(members, as_of), _orders(drill, members, as_of)]
    drill.draw.shuffle(files)
    async with drill.load(rate=20.0, seconds=20.0), _kills(drill):
        for file in files:
            imported = await _import(drill, file, as_of)
            totals = imported["totals"]
            whole = (imported["state"], totals["rows"], totals["accepted"]) == (
                "finished",
                len(file.rows),
                len(file.rows),
            )
            drill.expect(whole, f"of {len(file.rows)} {file.kind}: {imported['state']}, {totals}")
    drill.figures |= {"members": len(members), "rows": sum(len(file.rows) for file in files)}
    drill.after_quiet(lambda same: _balances_are_those_of_the_file(same, members))


def _member(drill: Drill, number: int) -> Member:
    draw = drill.draw
    points = draw.choice((0, 1, draw.randrange(2, 50_000)))
    days = draw.choice((None, -30, 400))
    expires = "" if days is None else str((drill.now() + timedelta(days=days)).date())
    usable = 0 if days is not None and days < 0 else points
    return Member(f"{drill.name.lower()}-m{number}", points, expires, usable, draw.random() < 0.3)


def _club(members: Sequence[Member], as_of: datetime) -> File:
    until = (as_of + timedelta(days=MOVED_DAYS + 300)).date()
    rows = [
        f"{member.customer},{member.customer}@example.test,{as_of.date()},{member.points},{member.expires},"
        + (f"gold,{until}" if member.is_gold else ",")
        for member in members
    ]
    return File("customers", "customer_id,email,joined_at,points,points_expire,tier,tier_until", rows)


def _orders(drill: Drill, members: Sequence[Member], as_of: datetime) -> File:
    rows = []
    for member in members:
        for number in range(ORDERS_OF_EACH):
            paid_at = as_of - timedelta(days=drill.draw.uniform(1, 300))
            total = drill.draw.randrange(1_000_000, 90_000_000, 100_000)
            refunded = total // 3 if drill.draw.random() < 0.2 else ""
            rows.append(f"{member.customer}-o{number},{member.customer},{paid_at.isoformat()},{total},IRR,{refunded}")
    drill.draw.shuffle(rows)
    return File("orders", "order_id,customer_id,paid_at,total,currency,refunded", rows)


@asynccontextmanager
async def _kills(drill: Drill) -> AsyncIterator[None]:
    async def kill() -> None:
        while True:
            async with KINDS["service killed"](drill):
                await asyncio.sleep(drill.draw.uniform(0.5, 3))

    killing = asyncio.create_task(kill())
    try:
        yield
        # What was taken is still being applied.
        await asyncio.sleep(5)
    finally:
        killing.cancel()
        await asyncio.gather(killing, return_exceptions=True)


async def _import(drill: Drill, file: File, as_of: datetime) -> dict[str, Any]:
    """The file, sent by several clients at once: each sends all parts, in an order of its own."""
    begin = {
        "kind": file.kind,
        "name": f"{file.kind}.csv",
        "fingerprint": file.fingerprint,
        "header": file.header.split(","),
        "as_of": as_of.isoformat(),
    }
    started = await _until_answered(drill, "POST", "/v1/imports", json=begin)
    path = f"/v1/imports/{started['import_id']}"

    async def send_all() -> None:
        parts = [*file.parts()]
        drill.draw.shuffle(parts)
        for first_line, part in parts:
            headers = {"Content-Type": "text/csv"}
            params = {"first_line": first_line}
            await _until_answered(drill, "POST", f"{path}/rows", content=part, headers=headers, params=params)
            await asyncio.sleep(drill.draw.uniform(0, 0.2))

    async with asyncio.TaskGroup() as clients:
        for _ in range(CLIENTS):
            clients.create_task(send_all())
    return await _until_answered(drill, "POST", f"{path}/finish")


async def _until_answered(drill: Drill, method: str, path: str, **request: Any) -> dict[str, Any]:
    """What ingest answers with 200: it may be killed before and behind it."""
    headers = {"Authorization": f"Bearer {drill.stack.token}", **request.pop("headers", {})}
    async with asyncio.timeout(GIVE_UP_SECONDS), HttpClient(headers=headers, timeout=10) as http:
        while True:
            try:
                answer = await http.request(method, f"{drill.stack.services['ingest']}{path}", **request)
            except httpx2.HTTPError:
                answer = None
            if answer is not None and answer.status_code == 200:
                found: dict[str, Any] = answer.json()
                return found
            in_time = answer is None or answer.status_code in {429, 503}
            drill.expect(in_time, f"{method} {path} was answered {answer and answer.text}")
            await asyncio.sleep(POLL_SECONDS)


async def _balances_are_those_of_the_file(drill: Drill, members: Sequence[Member]) -> None:
    headers = {"Authorization": f"Bearer {drill.stack.token}"}
    async with HttpClient(base_url=drill.stack.services["loyalty"], headers=headers, timeout=10) as http:
        for member in members:
            answer = await http.get(f"/v1/customers/{member.customer}/balance")
            balance = answer.raise_for_status().json()
            has = tuple(balance[word] for word in ("available", "pending", "held", "debt"))
            drill.expect(
                has == (member.usable, 0, 0, 0), f"{member.customer} brought {member.usable} points and has {has}"
            )
            drill.expect(not member.is_gold or balance["tier"] == "gold", f"{member.customer} brought gold")
        opened = (await http.get("/v1/opening-balances")).raise_for_status().json()
    brought = sum(member.points for member in members)
    drill.expect(opened["points"] == brought, f"{brought} points were brought, and {opened['points']} opened")
    drill.figures["points brought"] = brought


SCENARIOS = [Scenario("F28", "a club moves in under kills", a_club_moves_in, short=True)]
