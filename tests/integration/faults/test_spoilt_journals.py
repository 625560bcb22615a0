"""Whatever was wrong while a run went on is found in its journals, by the invariants that it breaks and no other."""

from collections.abc import Callable
from typing import Any

import pytest

from faults.checkers import check
from harness.in_process import NOON

Line = dict[str, Any]
Change = Callable[[list[Line]], None]


def broken(run: Any) -> dict[str, list[str]]:
    """The details of what is broken, by the number of its invariant."""
    return {f.invariant.split()[0]: f.details for f in check(run) if not f.ok}


def answered(lines: list[Line], status: str, *, valid: bool = True) -> tuple[Line, int]:
    """The first answer of this status to a good (or bad) event: its line and its place in it."""
    return next(
        (line, place)
        for line in lines
        if line["results"]
        for place, (result, event) in enumerate(zip(line["results"], line["events"], strict=True))
        if result["status"] == status and event["valid"] is valid and event["type"] == "order.paid"
    )


def refuse_a_good_event(lines: list[Line]) -> None:
    line, place = answered(lines, "accepted")
    for other in lines:  # nor was it ever kept under another answer
        for number, event in enumerate(other["events"]):
            if other["results"] and event["id"] == line["events"][place]["id"]:
                other["results"][number] |= {"status": "rejected", "code": "too_deep"}


def claim_that_nothing_was_accepted(lines: list[Line]) -> None:
    lines.clear()


def promise_what_was_never_stored(lines: list[Line]) -> None:
    line, place = answered(lines, "rejected", valid=False)
    line["results"][place] |= {"status": "accepted", "code": None}
    line["events"][place]["valid"] = True


def accept_a_bad_event(lines: list[Line]) -> None:
    line, place = answered(lines, "accepted")
    for other in lines:
        for event in other["events"]:
            if event["id"] == line["events"][place]["id"]:
                event["valid"] = False


def answer_with_a_code_that_is_none(lines: list[Line]) -> None:
    line, place = answered(lines, "rejected", valid=False)
    line["results"][place]["code"] = "KeyError"


def answer(status: int, **more: Any) -> Change:
    """A try before the last one of the first request was answered with ``status``."""

    def change(lines: list[Line]) -> None:
        first = {**lines[0], "kind": "unknown", "status": status, **more}
        lines[1:1] = [first, lines[0]]

    return change


@pytest.mark.parametrize(
    ("change", "breaks"),
    [
        (claim_that_nothing_was_accepted, "I1"),
        (promise_what_was_never_stored, "I1 I10"),
        (refuse_a_good_event, "I10 I11 I12"),
        (accept_a_bad_event, "I12"),
        (answer_with_a_code_that_is_none, "I12"),
        (answer(500), "I12"),
        (answer(503, retry_after=None), "I12"),
        (answer(503, retry_after="2"), ""),
        (answer(503), ""),
    ],
    ids=lambda value: getattr(value, "__name__", None),
)
def test_what_the_door_answered_wrongly_is_found(change: Change, breaks: str, spoiling: Any) -> None:
    spoiling.journal(change)

    assert broken(spoiling.run).keys() == set(breaks.split())


def call_twice(lines: list[Line]) -> None:
    lines.append(next(line for line in lines if line["outcome"] == "accept"))


def call_for_nothing(lines: list[Line]) -> None:
    lines.append(lines[0] | {"send_id": "4711"})


def forget_a_call(lines: list[Line]) -> None:
    lines.remove(next(line for line in lines if line["outcome"] == "accept"))


def doubt_nothing(lines: list[Line]) -> None:
    for line in lines:
        line["outcome"] = "accept"


@pytest.mark.parametrize("change", [call_twice, call_for_nothing, forget_a_call, doubt_nothing])
def test_a_provider_that_saw_something_else_than_the_sends_say_is_found(change: Change, spoiling: Any) -> None:
    if change is doubt_nothing:
        spoiling.lines("timeline", list.clear)
        spoiling.lines("samples", lambda lines: [line.update(ready=True) for line in lines])
    spoiling.lines("calls", change)

    assert broken(spoiling.run).keys() == {"I6"}


def test_an_sms_is_known_by_the_number_that_its_gateway_has_for_it(spoiling: Any) -> None:
    def number(lines: list[Line]) -> None:
        for line in lines:
            line["send_id"] = str(int(line["send_id"].replace("-", ""), 16) & ((1 << 62) - 1))

    spoiling.lines("calls", number)

    assert broken(spoiling.run) == {}


def of(process: str, lines: list[Line]) -> list[Line]:
    return [line for line in lines if line["process"] == process]


def grow_memory(lines: list[Line]) -> None:
    for number, line in enumerate(of("churn", lines)):
        line["rss_mb"] = 90 + number * 0.5


def grow_files(lines: list[Line]) -> None:
    for number, line in enumerate(of("notify", lines)):
        line["fds"] = 40 + number


def take_too_much_memory(lines: list[Line]) -> None:
    of("ingest", lines)[50]["rss_mb"] = 400


def look_at_nobody(lines: list[Line]) -> None:
    lines.clear()


@pytest.mark.parametrize("change", [grow_memory, grow_files, take_too_much_memory, look_at_nobody])
def test_a_service_that_outgrows_its_bounds_is_found(change: Change, spoiling: Any) -> None:
    spoiling.lines("samples", change)

    assert broken(spoiling.run).keys() == {"I9"}


def test_a_process_that_was_started_again_may_begin_small(spoiling: Any) -> None:
    def restart(lines: list[Line]) -> None:
        for number, line in enumerate(of("churn", lines)):
            line["rss_mb"] = 30.0 + number % 50

    spoiling.lines("samples", restart)

    assert broken(spoiling.run) == {}


def stay_unready(lines: list[Line]) -> None:
    for line in of("loyalty", lines)[52:70]:
        line["ready"] = False


def stay_ready(lines: list[Line]) -> None:
    for line in of("loyalty", lines):
        line["ready"] = True


def be_dead(lines: list[Line]) -> None:
    for line in of("ingest", lines)[70:85]:
        line["live"] = None


@pytest.mark.parametrize("change", [stay_unready, stay_ready, be_dead])
def test_a_probe_that_does_not_tell_the_truth_is_found(change: Change, spoiling: Any) -> None:
    spoiling.lines("samples", change)

    assert broken(spoiling.run).keys() == {"I10"}


def test_a_process_may_be_away_while_it_is_killed_and_no_longer(spoiling: Any) -> None:
    spoiling.lines("samples", be_dead)
    at = spoiling.run.samples[0]["at"]

    def kill(target: str) -> Change:
        return lambda lines: lines.extend(
            {"at": at + second, "what": "SIGSTOP", "target": target, "state": state}
            for second, state in ((69, "begin"), (86, "end"))
        )

    innocent = spoiling.run
    spoiling.lines("timeline", kill("ingest"))
    assert broken(spoiling.run) == {}

    spoiling.run = innocent
    spoiling.lines("timeline", kill("loyalty-2"))
    assert broken(spoiling.run).keys() == {"I10"}


def answer_an_error(lines: list[Line]) -> None:
    lines[0]["status"] = 500


def say_not_when_to_come_again(lines: list[Line]) -> None:
    lines[1]["retry_after"] = None


def know_a_stranger(lines: list[Line]) -> None:
    body = {"customer_id": "somebody", "version": 0, "as_of": NOON.isoformat()}
    lines[0] |= {"status": 200, "body": body}


@pytest.mark.parametrize("change", [answer_an_error, say_not_when_to_come_again, know_a_stranger])
def test_a_read_that_was_answered_wrongly_is_found(change: Change, spoiling: Any) -> None:
    spoiling.lines("reads", change)

    assert broken(spoiling.run).keys() == {"I13"}


def test_a_recovery_that_takes_too_long_is_found(spoiling: Any) -> None:
    spoiling.evidence(quiet_at=spoiling.run.evidence.healed_at + 30.5)

    assert broken(spoiling.run) == {"I8": ["at rest 30.5 s after the last fault"]}
