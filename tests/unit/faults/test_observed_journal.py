"""What the client's journal says of a request, however many tries it took."""

import json
from pathlib import Path
from typing import Any

import pytest

from faults.observed import Journal, read_journal

GOOD = {"id": "a", "type": "order.paid", "customer": "c", "valid": True}
BAD = {"id": "b", "type": "order.paid", "customer": None, "valid": False}


@pytest.fixture
def read(tmp_path: Path) -> Any:
    def read(*lines: dict[str, Any]) -> Journal:
        path = tmp_path / "journal.jsonl"
        path.write_text("".join(json.dumps({"at": 1.0, "request": 1, **line}) + "\n" for line in lines))
        return read_journal(path)

    return read


def step(kind: str, status: int | None = None, results: Any = None, **more: Any) -> dict[str, Any]:
    return {"kind": kind, "status": status, "events": more.pop("events", [GOOD, BAD]), "results": results, **more}


def result(id_: str | None, status: str, code: str | None = None) -> dict[str, str | None]:
    return {"id": id_, "status": status, "code": code}


def test_each_event_has_the_result_in_its_place(read: Any) -> None:
    answers = [result("a", "accepted"), result(None, "rejected", "invalid_json")]
    journal = read(step("invoke"), step("ok", 202, answers))

    assert [(event.id, said.status) for event, said in journal.answers()] == [("a", "accepted"), ("b", "rejected")]
    assert journal.kept.keys() == {"a"}
    assert journal.open == set()


def test_a_try_that_was_never_answered_leaves_everything_open(read: Any) -> None:
    assert read(step("invoke")).open == {"a", "b"}
    assert read(step("invoke"), step("unknown")).open == {"a", "b"}
    assert read(step("invoke"), step("invoke"), step("fail", 429)).open == {"a", "b"}


def test_a_503_says_nothing_and_a_429_says_no(read: Any) -> None:
    assert read(step("invoke"), step("fail", 503)).open == {"a", "b"}
    assert read(step("invoke"), step("fail", 429)).open == set()


def test_a_later_answer_tells_what_was_kept_although_an_earlier_one_was_lost(read: Any) -> None:
    answers = [result("a", "duplicate"), result("b", "quarantined", "bad_amount")]
    journal = read(step("invoke"), step("unknown"), step("invoke", at=3.0), step("ok", 202, answers, at=3.5))

    assert journal.kept.keys() == {"a"}
    assert [(attempt.kind, attempt.seconds) for attempt in journal.requests[0].attempts] == [
        ("unknown", 0),
        ("ok", 0.5),
    ]


def test_an_id_under_which_a_good_and_a_bad_event_were_sent_is_contested(read: Any) -> None:
    other = GOOD | {"valid": False}

    assert read(step("invoke", events=[GOOD, other, BAD])).contested == {"a"}
