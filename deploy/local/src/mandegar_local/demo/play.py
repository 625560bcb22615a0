"""The demo from its first request to its verdict, on a house that runs."""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

from mandegar_local.demo.asking import Answer, Asking
from mandegar_local.demo.door import BATCH, Answers, Door, post_all
from mandegar_local.demo.events import batches, history
from mandegar_local.demo.house import House
from mandegar_local.demo.live import Moment, post_live, returning_customer
from mandegar_local.demo.orders import Order, move_to, read_lines, sample_file
from mandegar_local.demo.patience import Patient
from mandegar_local.demo.people import customer_id
from mandegar_local.demo.points import Points, read_points
from mandegar_local.demo.progress import Stage
from mandegar_local.demo.settling import streams, undecided, until_history_is_quiet, until_live_is_quiet
from mandegar_local.demo.snapshot import read_risks, write_snapshot
from mandegar_local.failure import StackError

MOST_AT_RISK = 5
_SAME_TWICE_TRIES = 20


@dataclass(slots=True)
class Played:
    """Everything that the services said in the end."""

    history: Answers
    live: Answers
    moments: Sequence[Moment]
    customers: int
    streams: Mapping[str, Answer] = field(default_factory=dict)
    bands: Mapping[str, Any] = field(default_factory=dict)
    at_risk: Sequence[Answer] = ()
    messages: Sequence[Answer] = ()
    mails: int | None = None
    sms: int = 0
    points: Points = field(default_factory=lambda: Points({}, 0, ()))

    @property
    def accepted(self) -> dict[str, int]:
        """How many different events the door has accepted, now or in an earlier run, by type."""
        counts: dict[str, int] = {}
        for answers in (self.history, self.live):
            for type_, ids in answers.known.items():
                counts[type_] = counts.get(type_, 0) + len(ids)
        return counts


async def play(house: House, origin: datetime, stage: Stage, snapshot: Path | None) -> Played:
    """Post the history, close it, post the live events, wait for their effects, and ask for everything."""
    orders = list(move_to(read_lines(sample_file().read_text()), origin))
    patient = Patient(house.token, stage.line)
    asking = Asking(house, patient)
    people = sorted({order.customer for order in orders})
    try:
        played = await _post(asking, orders, origin, stage)
        await until_live_is_quiet(asking, played.accepted, stage, len(people))
        await _ask(asking, played, [customer_id(number) for number in people], stage)
        if snapshot is not None:
            await _write(asking, played, origin, stage, snapshot)
    finally:
        await patient.close()
    return played


async def _post(asking: Asking, orders: Sequence[Order], origin: datetime, stage: Stage) -> Played:
    house, patient = asking.house, asking.patient
    url = house.services["ingest"]
    past = Door(patient, url, house.backfill_key, Answers())
    present = Door(patient, url, house.live_key, Answers())
    events = history(orders)
    with stage.step("Posting the history, in batches of 100", len(events)) as step:
        patient.tell = step.tell
        await post_all(past, batches(events, BATCH), step.advance)
    customers = len({order.customer for order in orders})
    with stage.step("Closing the history") as step:
        patient.tell = step.tell
        await _close(asking)
    known = {type_: len(ids) for type_, ids in past.answers.known.items()}
    await until_history_is_quiet(asking, known, stage, customers)
    with stage.step("Posting live events") as step:
        patient.tell = step.tell
        moments = await post_live(present, returning_customer(orders, origin), origin)
    return Played(past.answers, present.answers, moments, customers)


async def _close(asking: Asking) -> None:
    url = asking.url("ingest", f"/v1/sources/{asking.house.backfill_id}/close")
    answer = await asking.patient.ask("POST", url)
    if answer.status_code >= 300:
        raise StackError(f"ingest did not close the history ({answer.status_code}): {answer.text[:300]}")


async def _ask(asking: Asking, played: Played, customer_ids: Sequence[str], stage: Stage) -> None:
    with stage.step("Reading every balance and its ledger", len(customer_ids)) as step:
        asking.patient.tell = step.tell
        played.points = await read_points(asking, customer_ids, step)
    with stage.step("Asking for what became of the messages") as step:
        asking.patient.tell = step.tell
        await _read_messages(asking, played)
    played.bands = await asking.bands()
    played.at_risk = await asking.most_at_risk(MOST_AT_RISK)
    played.streams = await streams(asking)


async def _read_messages(asking: Asking, played: Played) -> None:
    """Read notify's counts and those of the sinks at one moment: again until no message went out in between."""
    house = asking.house
    for _ in range(_SAME_TWICE_TRIES):
        counts = (await asking.messages())["counts"]
        played.mails = None if house.mailbox is None else await asking.delivered(house.mailbox)
        played.sms = await asking.delivered(house.sms_outbox)
        if counts == (await asking.messages())["counts"] and not undecided(counts):
            played.messages = counts
            return
        await asyncio.sleep(0.5)
    raise StackError(f"Messages kept going out while they were counted ({_SAME_TWICE_TRIES} times).")


async def _write(asking: Asking, played: Played, origin: datetime, stage: Stage, file: Path) -> None:
    customer_ids = list(played.points.balances)
    with stage.step("Snapshot: asking for every score", len(customer_ids)) as step:
        asking.patient.tell = step.tell
        risks = await read_risks(asking, customer_ids, origin, step)
    parts = {
        "accepted": played.accepted,
        "balances": played.points.balances,
        "risks": risks,
        "bands": played.bands["bands"],
        "messages": sorted(
            played.messages, key=lambda count: sorted((key, str(value)) for key, value in count.items())
        ),
    }
    write_snapshot(file, origin, parts)
