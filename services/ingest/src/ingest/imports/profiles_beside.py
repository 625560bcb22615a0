"""Profiles of a file beside those that were imported before: whatever instant the file is of, one may say the same."""

import json

from ingest.domain.candidates import Arrival, Candidate
from ingest.domain.repeats import says_the_same
from ingest.hallway.rows.history import Stored


def is_profile(candidate: Candidate) -> bool:
    return candidate.event.type == "customer.updated"


def same_profile(candidate: Candidate, stored: Stored) -> bool:
    """Whether a profile says what the stored one says, apart from its time and from consents of that instant.

    An opt-out that the file does not date has the instant of the file.
    """
    if stored.body is None or stored.time is None:
        return False
    time = stored.time.isoformat()
    again = _read_again(candidate, _at(candidate.body, time))
    return isinstance(again, Candidate) and says_the_same(again, _at(stored.body, time))


def stored_again(candidate: Candidate, stored: Stored) -> Arrival:
    """What is stored, in place of the candidate that says the same."""
    return candidate if stored.body is None else _read_again(candidate, stored.body)


def _at(body: bytes, time: str) -> bytes:
    event = json.loads(body)
    for consent in event["customer"].get("consent", {}).values():
        if "at" in consent and consent["at"] == event.get("time"):
            consent["at"] = time
    event["time"] = time
    return json.dumps(event, ensure_ascii=False, separators=(",", ":")).encode()


def _read_again(candidate: Candidate, body: bytes) -> Arrival:
    assert candidate.read_again is not None  # noqa: S101  rows are read by a door
    arrival = candidate.read_again(body)
    arrival.returned = True
    return arrival
