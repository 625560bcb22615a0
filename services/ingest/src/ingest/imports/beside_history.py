"""A part beside what was accepted before: rows that correct what an earlier file stated, and rows that contradict it.

A lot, a tier and a coupon that a later file states otherwise become a statement of their own, dated when its import
began, so that it counts from then on: ``lot:l-7`` is followed by ``lot:l-7:2``. Each is compared with the last one
before it, so the same file again states nothing, and a file that takes a correction back is one more correction.
"""

import json
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

from ingest.domain.candidates import Arrival, Candidate, Refusal, refuse
from ingest.domain.normalise import event_id
from ingest.domain.repeats import says_the_same
from ingest.hallway.accept import repeated
from ingest.hallway.rows.history import Stored, load_stored
from mandegar.database import Connection
from mandegar.events.opening import PointsOpened, TierGranted

# Of what they state, the event that was written last counts.
_CORRECTABLE = frozenset({"points.opened", "tier.granted", "coupon.opened"})
CORRECTED = "corrected"
_SINCE = "another row, or a file imported since this import began, states something else: import the right one again"
_OTHERS = "it was imported for another customer"
_TAKE_BACK = "; import it with 0 points for that one before"
_OTHER_TIER = (
    "another tier was imported for the customer, and of several the highest counts: end that one through a door before"
)
_CONFLICT = "an event with this id that says something else was accepted before"


class _Statement(NamedTuple):
    """The ``number``-th statement of a lot, a tier or a coupon."""

    number: int
    stored: Stored


async def beside_history(connection: Connection, arrivals: Sequence[Arrival], began: datetime) -> list[Arrival]:
    """The arrivals of an import that ``began`` then, with corrections in place of what was stated otherwise before.

    What contradicts the history is refused, so that nothing of its row is accepted; a balance of 0 points of which
    nothing is known is left out.
    """
    candidates = [each for each in arrivals if isinstance(each, Candidate)]
    stored = await load_stored(connection, {candidate.event.id for candidate in candidates})
    known = [each for each in candidates if each.event.id in stored and each.event.type in _CORRECTABLE]
    newest = await _newest(connection, known, stored)
    beside = (
        _beside(each, stored.get(each.event.id), newest.get(each.event.id), began)
        if isinstance(each, Candidate)
        else each
        for each in arrivals
    )
    return [each for each in beside if each is not None]


async def _newest(
    connection: Connection, candidates: Iterable[Candidate], stored: Mapping[UUID, Stored]
) -> dict[UUID, _Statement]:
    """The last statement of what each candidate states, by the id of the first."""
    newest = {candidate.event.id: _Statement(1, stored[candidate.event.id]) for candidate in candidates}
    open_ = {candidate.event.id: candidate for candidate in candidates}
    number = 2
    while open_:
        firsts = {event_id(each.source, _name(each, number)): first for first, each in open_.items()}
        found = await load_stored(connection, firsts)
        newest |= {firsts[id_]: _Statement(number, each) for id_, each in found.items()}
        open_ = {firsts[id_]: open_[firsts[id_]] for id_ in found}
        number += 1
    return newest


def _beside(candidate: Candidate, first: Stored | None, newest: _Statement | None, began: datetime) -> Arrival | None:
    if first is None:
        return None if _states_nothing(candidate) else candidate
    if newest is None:
        outcome = repeated(candidate, first)
        return outcome if isinstance(outcome, Refusal) else candidate
    number, stored = newest
    if not stored.body_hash:
        return candidate  # what it said nobody knows any more
    again = candidate if number == 1 else _restated(candidate, number, _time(stored.time))
    if not isinstance(again, Candidate) or _is(again, stored):
        return again
    if stored.body is not None and (why := _contradiction(candidate, _read_again(candidate, stored.body))) is not None:
        return refuse(candidate, "id_conflict", why)
    if stored.recorded_time is None or stored.recorded_time >= began:
        return refuse(candidate, "id_conflict", _SINCE)
    correction = _restated(candidate, number + 1, _time(began))
    if isinstance(correction, Candidate):
        correction.note(CORRECTED, "corrects what was imported before")
    return correction


def _is(candidate: Candidate, stored: Stored) -> bool:
    """Whether the candidate says what is stored; a body that is no longer kept is known by its hash."""
    if candidate.body_hash == stored.body_hash:
        return True
    return stored.body is not None and says_the_same(candidate, stored.body)


def _contradiction(candidate: Candidate, before: Arrival) -> str | None:
    """Why a statement cannot correct the one before it."""
    if not isinstance(before, Candidate):
        return None
    now, then = candidate.event, before.event
    if (now.customer_id, now.data) == (then.customer_id, then.data):
        return _CONFLICT  # other addresses
    if now.customer_id != then.customer_id and not _states_nothing(before):
        return _OTHERS + (_TAKE_BACK if isinstance(now.data, PointsOpened) else "")
    if isinstance(now.data, TierGranted) and now.data.tier != then.data.tier:
        return _OTHER_TIER
    return None


def _states_nothing(candidate: Candidate) -> bool:
    data = candidate.event.data
    return isinstance(data, PointsOpened) and data.points == 0


def _restated(candidate: Candidate, number: int, time: str) -> Arrival:
    """The candidate as the statement of this number, made at ``time``."""
    event: dict[str, Any] = json.loads(candidate.body)
    event |= {"id": _name(candidate, number), "time": time}
    if "id" in event["customer"]:
        # Addresses are as old as the file.
        event["customer"] = {"id": event["customer"]["id"]}
    arrival = _read_again(candidate, json.dumps(event, ensure_ascii=False, separators=(",", ":")).encode())
    arrival.returned = True
    return arrival


def _read_again(candidate: Candidate, body: bytes) -> Arrival:
    assert candidate.read_again is not None  # noqa: S101  rows are read by a door
    return candidate.read_again(body)


def _time(instant: datetime | None) -> str:
    assert instant is not None  # noqa: S101  it is stored with every event
    return instant.isoformat()


def _name(candidate: Candidate, number: int) -> str:
    return f"{candidate.native_id}:{number}"
