"""A run in which nothing broke is found good, by every checker, and not for want of anything to look at."""

import asyncio
import json
from collections import Counter
from dataclasses import asdict

from faults.check import FILES, main
from faults.checkers import run_all
from faults.observed.subscribers import SUBSCRIBERS
from mandegar.events.topics import TOPICS


async def test_nothing_is_found_where_nothing_broke(good_evidence):
    findings = await asyncio.to_thread(run_all, good_evidence)

    assert [str(finding) for finding in findings if not finding.ok] == []
    assert [finding.invariant.split()[0] for finding in findings] == [f"I{number}" for number in range(1, 14)]


def test_the_good_run_has_something_of_everything(observed):
    kinds = {row["kind"] for row in observed.rows("loyalty", "entries")}
    states = {row["state"] for row in observed.rows("notify", "sends")}
    bands = {row["band"] for row in observed.rows("churn", "customers")}
    statuses = {result.status for _, result in observed.journal.answers()}

    assert {"earn", "activate", "reverse"} <= kinds
    assert {"sent", "unknown"} <= states
    assert {"healthy", "at_risk"} <= bands
    assert statuses == {"accepted", "duplicate", "quarantined", "rejected"}
    assert all(observed.inboxes[group] for group in SUBSCRIBERS.keys() - {"loyalty.referrals"})  # nobody is referred


async def test_the_verdict_can_be_asked_for_by_command(good_evidence, tmp_path, capsys):
    said = {name: str(value) if name in FILES else value for name, value in asdict(good_evidence).items()}
    held, spoilt = tmp_path / "evidence.json", tmp_path / "spoilt.json"
    held.write_text(json.dumps(said))
    spoilt.write_text(json.dumps(said | {"quiet_at": said["healed_at"] + 60}))

    assert await asyncio.to_thread(main, str(held)) == 0
    assert await asyncio.to_thread(main, str(spoilt)) == 1
    lines = [line for line in capsys.readouterr().out.splitlines() if not line.startswith(" ")]
    assert [line for line in lines if line.startswith("BROKEN")] == [
        "BROKEN I8 recovery: at rest 60.0 s after the last fault, 30 s allowed; broken 1 times"
    ]
    assert len(lines) == 26


async def test_a_dump_has_every_record_with_its_place_and_the_end_of_every_log(observed):
    dump = observed.topics
    length = Counter((record.topic, record.partition) for record in dump.records)

    assert {place: end for place, end in dump.ends.items() if end} == length
    assert {record.topic for record in dump.records} == {topic.name for topic in TOPICS}
    assert [record[:3] for record in dump.records] == sorted(record[:3] for record in dump.records)
