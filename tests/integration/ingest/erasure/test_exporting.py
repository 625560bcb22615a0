"""An export has everything that ingest holds of a person, readable, and nothing of anybody else."""

from typing import Any

import pytest

from builders.people import identified, viewed
from builders.planted import ACCOUNT, BROWSER, MAIL, NOTE, PLANTED, as_a_guest, as_an_account, unusable
from harness.ingest_service import Ingest


async def exported(ingest: Ingest, customer: str = ACCOUNT) -> Any:
    answer = await ingest.ask("GET", f"/v1/customers/{customer}/export", "customers:export")
    assert answer.status_code == 200, answer.text
    return answer


async def a_life(ingest: Ingest) -> None:
    await ingest.send(as_a_guest())
    await ingest.send(as_an_account())
    await ingest.send(unusable())


@pytest.mark.parametrize("id_", [ACCOUNT, f"a_{BROWSER}", MAIL])
async def test_everything_that_was_planted_is_in_the_export(ingest, id_):
    await a_life(ingest)
    answer = await exported(ingest, id_)
    text = answer.text.lower()
    assert {planted for planted in PLANTED if planted.lower() not in text} == set()
    rows = answer.json()["rows"]
    assert {event["body"]["id"] for event in rows["events"] if event["customer_id"] == ACCOUNT} >= {"o-1-paid", "first"}
    (profile,) = [row["profile"] for row in rows["customers"] if row["customer_id"] == ACCOUNT]
    assert profile["email"] == {"value": MAIL, "since": "2026-11-22T10:10:00Z"}
    assert {entry["code"] for entry in rows["quarantine"]} >= {"bad_amount", "unknown_type"}


async def test_nothing_of_anybody_else_is_in_it(ingest):
    await a_life(ingest)
    other = "of somebody else"
    await ingest.send(identified("other", {"id": "c-9"}, 30, anonymous_id=BROWSER))
    await ingest.send({**viewed("o-1", {"anonymous_id": BROWSER}, 31), "note": other})
    bad = {**viewed("o-2", {"id": "c-9"}, 32), "type": "never.heard", "note": f"{other}, not {MAIL}"}
    assert (await ingest.results(bad))[0][0] == "quarantined"
    assert other not in (await exported(ingest)).text
    assert NOTE not in (await exported(ingest, "c-9")).text
    assert other in (await exported(ingest, "c-9")).text


async def test_a_long_history_is_written_page_by_page(ingest):
    await ingest.send([viewed(f"e-{number:03}", {"id": "c-1"}, number % 60) for number in range(130)])
    events = (await exported(ingest, "c-1")).json()["rows"]["events"]
    assert len({event["event_id"] for event in events}) == len(events) == 130


async def test_of_whoever_was_erased_no_content_is_left_to_export(ingest, erase):
    await a_life(ingest)
    await erase(ACCOUNT)
    answer = await exported(ingest)
    text = answer.text.lower()
    assert {planted for planted in PLANTED if planted.lower() in text} == set()
    assert answer.json()["erased_at"] is not None
    assert {event["body"] for event in answer.json()["rows"]["events"]} == {None}
