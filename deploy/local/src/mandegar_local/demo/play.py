"""Runs the demo on a stack: posts the events, waits for their effects, and reads the results."""

import asyncio
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

from mandegar_local.demo import reconcile
from mandegar_local.demo.club import Club, play_club
from mandegar_local.demo.demo_stack import DemoStack
from mandegar_local.demo.door import BATCH, Answers, Door, post_all
from mandegar_local.demo.events import batches, history
from mandegar_local.demo.live_events import LiveEvent, post_live, returning_customer
from mandegar_local.demo.orders import Order, move_to, read_lines, sample_file
from mandegar_local.demo.other_rule import OtherRule, try_other_rule
from mandegar_local.demo.people import customer_id
from mandegar_local.demo.points import Points, read_points
from mandegar_local.demo.progress import Stage
from mandegar_local.demo.retrying_client import RetryingClient
from mandegar_local.demo.service_client import Answer, ServiceClient
from mandegar_local.demo.snapshot import read_risks, write_snapshot
from mandegar_local.demo.till import AtTheTill, customer_at_the_till, visit_till
from mandegar_local.demo.waiting import (
    streams,
    undecided,
    until_history_is_quiet,
    until_live_is_quiet,
    until_segmented,
)
from mandegar_local.stack_error import StackError

MOST_AT_RISK = 5
TIMELINE_ENTRIES = 12
_SAME_TWICE_TRIES = 20


@dataclass(slots=True)
class DemoResult:
    """The answers of the services at the end of the demo."""

    history: Answers
    live: Answers
    moments: Sequence[LiveEvent]
    customer_ids: Sequence[str]
    before: "Before"
    listed: Collection[str] = ()
    streams: Mapping[str, Answer] = field(default_factory=dict)
    bands: Mapping[str, Any] = field(default_factory=dict)
    at_risk: Sequence[Answer] = ()
    kpis: Answer = field(default_factory=dict)
    segments: Sequence[Answer] = ()
    messages: Sequence[Answer] = ()
    mails: int | None = None
    sms: int = 0
    points: Points = field(default_factory=lambda: Points({}, 0, ()))
    till: AtTheTill | None = None
    other_rule: OtherRule | None = None
    club: Club | None = None
    timeline: Answer = field(default_factory=dict)

    @property
    def accepted(self) -> dict[str, int]:
        """The number of different events that ingest accepted, in this run or an earlier one, by type."""
        counts: dict[str, int] = {}
        for answers in (self.history, self.live):
            for type_, ids in answers.known.items():
                counts[type_] = counts.get(type_, 0) + len(ids)
        return counts


@dataclass(frozen=True, slots=True)
class Before:
    """What others had left before the demo posted: dead letters, and messages of other shops by channel."""

    dead_letters: int
    messages: Mapping[str, int]


async def play(
    stack: DemoStack, origin: datetime, stage: Stage, snapshot: Path | None, *, club_token: str
) -> DemoResult:
    """Post the history, close its source, post the live events, wait for their effects, and read all results."""
    orders = list(move_to(read_lines(sample_file().read_text()), origin))
    http = RetryingClient(stack.token, stage.line)
    client = ServiceClient(stack, http)
    people = [customer_id(number) for number in sorted({order.customer for order in orders})]
    try:
        results = await _post(client, orders, origin, people, stage)
        with stage.step("Referring a friend, who completes a challenge, in a second shop") as step:
            http.on_wait = step.show_note
            results.club = await play_club(client, club_token, origin)
        await until_live_is_quiet(client, results.accepted, stage, people)
        with stage.step("Spending points at a till") as step:
            http.on_wait = step.show_note
            results.till = await visit_till(client, customer_at_the_till(orders, origin))
        with stage.step("Computing what another rule would have cost") as step:
            http.on_wait = step.show_note
            results.other_rule = await try_other_rule(client, step)
        await _ask(client, results, people, stage)
        if snapshot is not None:
            await _write(client, results, origin, stage, snapshot)
    finally:
        await http.close()
    return results


async def _before(client: ServiceClient) -> Before:
    """What others have left. What is being sent at this moment is counted as the demo's."""
    sent, sinks = (await client.messages())["counts"], {"email": client.stack.mailbox, "sms": client.stack.sms_outbox}
    return Before(
        reconcile.dead_letters(await streams(client)),
        {
            channel: max(0, await client.delivered(sink) - sum(reconcile.by_state(sent, channel).values()))
            for channel, sink in sinks.items()
            if sink is not None
        },
    )


async def _post(
    client: ServiceClient, orders: Sequence[Order], origin: datetime, people: Sequence[str], stage: Stage
) -> DemoResult:
    stack, http = client.stack, client.http
    before = await _before(client)
    url = stack.services["ingest"]
    past = Door(http, url, stack.backfill_key, Answers())
    present = Door(http, url, stack.live_key, Answers())
    events = history(orders)
    with stage.step("Posting the history, in batches of 100", len(events)) as step:
        http.on_wait = step.show_note
        await post_all(past, batches(events, BATCH), step.advance)
    with stage.step("Closing the history") as step:
        http.on_wait = step.show_note
        await _close(client)
    known = {type_: len(ids) for type_, ids in past.answers.known.items()}
    await until_history_is_quiet(client, known, stage, people)
    with stage.step("Posting live events") as step:
        http.on_wait = step.show_note
        moments = await post_live(present, returning_customer(orders, origin), origin)
    return DemoResult(past.answers, present.answers, moments, people, before)


async def _close(client: ServiceClient) -> None:
    url = client.url("ingest", f"/v1/sources/{client.stack.backfill_id}/close")
    await client.http.call("POST", url)


async def _ask(client: ServiceClient, results: DemoResult, customer_ids: Sequence[str], stage: Stage) -> None:
    with stage.step("Reading every balance and its ledger", len(customer_ids)) as step:
        client.http.on_wait = step.show_note
        results.points = await read_points(client, customer_ids, step)
    with stage.step("Reading the states of messages") as step:
        client.http.on_wait = step.show_note
        await _read_messages(client, results)
    results.bands = await client.bands()
    results.listed = await client.model_versions(list(results.bands["bands"]))
    results.at_risk = await client.most_at_risk(MOST_AT_RISK)
    results.timeline = await _of_most_kinds(client, [customer["customer_id"] for customer in results.at_risk])
    results.kpis = await client.kpis()
    with stage.step("Counting customers in segments") as step:
        client.http.on_wait = step.show_note
        results.segments = await until_segmented(client, step)
    results.streams = await streams(client)


async def _of_most_kinds(client: ServiceClient, customer_ids: Sequence[str]) -> Answer:
    """Of these customers, the history whose newest entries are of most kinds."""
    histories = [await client.timeline(customer_id, TIMELINE_ENTRIES) for customer_id in customer_ids]
    return max(histories, key=lambda history: len({entry["kind"] for entry in history["entries"]}), default={})


async def _read_messages(client: ServiceClient, results: DemoResult) -> None:
    """Read the counts of notify and of the sinks, again until no message was sent between the two."""
    stack = client.stack
    for _ in range(_SAME_TWICE_TRIES):
        counts = (await client.messages())["counts"]
        results.mails = None if stack.mailbox is None else await client.delivered(stack.mailbox)
        results.sms = await client.delivered(stack.sms_outbox)
        if counts == (await client.messages())["counts"] and not undecided(counts):
            results.messages = counts
            return
        await asyncio.sleep(0.5)
    raise StackError(f"Messages could not be counted: each of {_SAME_TWICE_TRIES} times some were sent meanwhile.")


async def _write(client: ServiceClient, results: DemoResult, origin: datetime, stage: Stage, file: Path) -> None:
    customer_ids = list(results.points.balances)
    with stage.step("Reading every score for the snapshot", len(customer_ids)) as step:
        client.http.on_wait = step.show_note
        risks = await read_risks(client, customer_ids, origin, step)
    parts = {
        "accepted": results.accepted,
        "balances": results.points.balances,
        "risks": risks,
        "bands": results.bands["bands"],
        "messages": sorted(
            results.messages, key=lambda count: sorted((key, str(value)) for key, value in count.items())
        ),
    }
    write_snapshot(file, origin, parts)
