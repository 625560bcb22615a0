"""A run in which nothing breaks, and the evidence it leaves: what checkers must find no fault with."""

from collections.abc import Iterator
from contextlib import AsyncExitStack
from datetime import timedelta
from importlib.resources import files
from pathlib import Path
from typing import Any

import asyncpg

from faults.evidence import Evidence
from faults.journal import Lines
from faults.plan import Mix, Planned, plan
from harness.databases import ServiceDatabase
from harness.in_process import NOON
from harness.ingest_service import SHOP
from harness.whole_house import WholeHouse, whole_house
from notify.channels.channel import Outcome

BEGAN = NOON.timestamp()
SERVICES = ("ingest", "loyalty", "churn", "notify")
PROCESSES = (*SERVICES, *(f"{service}-worker" for service in SERVICES))
MIX = Mix(events=240, customers=30, seconds=20)
# Usable a day after payment and warned of at once, so that time itself makes points and messages.
PROGRAMME = """
version: 1
currency: IRR
earn: {points: 1, per: 100000}
hold: {days: 1}
expiry: {days: 14, warn_days: 14}
tiers: {window_days: 365, levels: [{name: bronze, spend: 0}, {name: gold, spend: 90000000, multiplier: 1.5}]}
"""
# Words of the providers' journal, and what notify hears of each.
ANSWERS = {
    "accept": Outcome("accepted", provider_ref="ref"),
    "refuse_for_now": Outcome("retry", "sms_424"),
    "lose_answer": Outcome("unknown", "sms_no_answer"),
}
SCRIPT = ("accept", "refuse_for_now", "lose_answer", "accept")


async def good_run(
    kafka: str, prefix: str, admin_url: str, databases: dict[str, ServiceDatabase], directory: Path
) -> Evidence:
    """Play a whole story and leave its evidence; the databases have no connections afterwards."""
    urls = {name: f"{admin_url.rpartition('/')[0]}/{_name(database)}" for name, database in databases.items()}
    await keep_offset_history(urls)
    journal = Lines(directory / "journal.jsonl")
    async with AsyncExitStack() as stack:
        house = await stack.enter_async_context(whole_house(kafka, prefix, databases))
        await _play(house, journal)
        _write_calls(house, directory / "calls.jsonl")
    for database in databases.values():
        database.worker.terminate()
        database.web.terminate()
    _write_samples(directory / "samples.jsonl")
    _write_timeline(directory / "timeline.jsonl")
    _write_reads(directory / "reads.jsonl")
    return Evidence(
        seed=7,
        journal=journal.path,
        databases=urls,
        kafka_bootstrap=kafka,
        topic_prefix=prefix,
        calls=directory / "calls.jsonl",
        services=dict.fromkeys(databases, ""),
        samples=directory / "samples.jsonl",
        timeline=directory / "timeline.jsonl",
        reads=directory / "reads.jsonl",
        token="",
        healed_at=BEGAN + 100,
        quiet_at=BEGAN + 104,
    )


async def keep_offset_history(urls: dict[str, str]) -> None:
    """Have every move of an offset noted."""
    statements = files("faults").joinpath("offset_history.sql").read_text()
    for url in urls.values():
        connection = await asyncpg.connect(url)
        await connection.execute(statements)
        await connection.close()


async def _play(house: WholeHouse, journal: Lines) -> None:
    told = await house.loyalty.put_programme(PROGRAMME, shop=SHOP, effective_from="2020-01-01T00:00:00Z")
    assert told.status_code == 201, told.text
    _script(house)
    for number, events in enumerate(plan("good", 7, MIX, NOON), start=1):
        await _post(house, journal, number, events)
        if number % 8 == 0:
            await house.rest()
    for seconds in (0, 20, 20, 3600):
        await house.pass_time(timedelta(seconds=seconds))


async def _post(house: WholeHouse, journal: Lines, number: int, events: list[Planned]) -> None:
    journalled = [event.journalled() for event in events]
    journal.write(request=number, kind="invoke", status=None, events=journalled, results=None)
    answer = await house.ingest.send(b"[" + b",".join(event.body for event in events) + b"]")
    results = [{word: result[word] for word in ("id", "status", "code")} for result in answer.json()["results"]]
    journal.write(request=number, kind="ok", status=answer.status_code, events=journalled, results=results)


def _script(house: WholeHouse) -> None:
    for channel in (house.notify.mail, house.notify.sms):
        channel.answers = [ANSWERS[word] for word in SCRIPT]


def _write_calls(house: WholeHouse, path: Path) -> None:
    calls = Lines(path)
    for name, channel in (("email", house.notify.mail), ("sms", house.notify.sms)):
        for message, word in zip(channel.given, _words(), strict=False):
            calls.write(channel=name, send_id=str(message.send_id), outcome=word)


def _words() -> Iterator[str]:
    yield from SCRIPT
    while True:
        yield "accept"


def _write_samples(path: Path) -> None:
    """A minute and a half of every process; the database is away from the 20th second to the 50th."""
    lines = Lines(path)
    for second in range(100):
        for process in PROCESSES:
            sample: dict[str, Any] = {"at": BEGAN + second, "rss_mb": 90.0 + second % 3, "fds": 40}
            lines.write(process=process, live=True, ready=not 22 <= second <= 52, **sample)


def _write_reads(path: Path) -> None:
    """A stranger is unknown, and one read comes while too many are in hand."""
    lines = Lines(path)
    read = {"reader": 1, "shop": SHOP, "customer": "nobody", "route": "balance", "asked": 0.0, "kind": "answer"}
    lines.write(**read, status=404, retry_after=None, body={"code": "unknown_customer"})
    lines.write(**read, status=503, retry_after="1", body={"code": "busy"})


def _write_timeline(path: Path) -> None:
    lines = Lines(path)
    for at, state in ((20, "begin"), (50, "end")):
        lines.write(at=BEGAN + at, what="away for 30 s", target="postgres", state=state)


def _name(database: ServiceDatabase) -> str:
    return database.owner_url.rpartition("/")[2]
