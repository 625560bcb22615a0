"""A part beside what was accepted before: rows that correct what an earlier file stated, and rows that contradict it.

A lot, a tier and a coupon that a later file states otherwise become a statement of their own, dated when its import
began, so that it counts from then on: ``lot:l-7`` is followed by ``lot:l-7:2``. Each is compared with the last one
before it, so the same file again states nothing, and a file that takes a correction back is one more correction.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import NamedTuple

from ingest.domain.candidates import Arrival, Candidate, Refusal, refuse
from ingest.domain.file_rows.row_error import RowError
from ingest.hallway.accept import repeated
from ingest.hallway.rows.history import Stored, load_stored
from ingest.imports.profiles_beside import is_profile, same_profile, stored_again
from ingest.imports.statements import Statement, find_statements
from mandegar.database import Connection
from mandegar.events.opening import PointsOpened, TierGranted

# Of what they state, the event that was written last counts.
_CORRECTABLE = frozenset({"points.opened", "tier.granted", "coupon.opened"})
CORRECTED = "corrected"
_SINCE = "another row, or a file imported since this import began, states something else: import the right one again"
_OTHERS = "it was imported for another customer"
_TAKE_BACK = "; import it with 0 points for that one before"
_TWICE = "another row above states something else: which of both is right nobody can tell"
_NOT_KEPT = "which tier was imported for the customer before is no longer kept: grant this one through a door"
# What nothing corrects, beside what may be corrected.
_LEFT_OUT = {
    "customer.updated": RowError(
        None,
        "profile_left_out",
        "the profile was left out, because another one was imported for the customer before: send what changed through "
        "a door, with a later time",
    ),
    "customer.signed_up": RowError(
        None,
        "join_date_left_out",
        "the join date was left out, because another one was imported for the customer before, and who joined twice "
        "would be welcomed twice",
    ),
}


class Beside(NamedTuple):
    """The arrivals of a part as they can be accepted, and what was left out of its records, by their index."""

    arrivals: list[Arrival]
    notes: Mapping[int, Sequence[RowError]]


class Import(NamedTuple):
    """The import that a part belongs to: when it ``began``, and whether one that began earlier may still go on."""

    began: datetime
    follows_an_open_one: bool = False


async def beside_history(
    connection: Connection, arrivals: Sequence[Arrival], formerly: Mapping[str, Sequence[str]], of: Import
) -> Beside:
    """The arrivals, with corrections in place of what was stated otherwise before.

    What contradicts the history, or a row above, is refused, so that nothing of its row is accepted. A balance of 0
    points of which nothing is known is left out, and so are a profile and a join date that were imported otherwise
    before, where their row states more. ``formerly`` as in ``find_statements``.
    """
    candidates = [each for each in arrivals if isinstance(each, Candidate)]
    links: dict[int, list[str]] = {}
    for each in candidates:
        links.setdefault(each.index, []).extend(link.alias for link in each.links)
    correctable = [each for each in candidates if each.event.type in _CORRECTABLE]
    stating = {each.index for each in correctable}
    statements = iter(await find_statements(connection, correctable, formerly, links))
    others = [each for each in candidates if each.event.type not in _CORRECTABLE]
    stored = await load_stored(connection, {each.event.id for each in others})
    above: dict[str, Candidate] = {}
    beside: list[Arrival] = []
    notes: dict[int, list[RowError]] = {}
    for arrival in arrivals:
        if not isinstance(arrival, Candidate):
            beside.append(arrival)
        elif arrival.event.type in _CORRECTABLE:
            statement = next(statements)
            first = above.setdefault(statement.name, arrival)
            if first is not arrival and _content(first) != _content(arrival):
                beside.append(refuse(arrival, "id_conflict", _TWICE))
            else:
                beside += _beside(statement, of)
        else:
            again = _other(arrival, stored.setdefault(arrival.event.id, _as_stored(arrival)))
            note = _LEFT_OUT.get(arrival.event.type)
            if isinstance(again, Refusal) and note is not None and arrival.index in stating:
                notes.setdefault(arrival.index, []).append(note)
            else:
                beside.append(again)
    return Beside(beside, notes)


def _as_stored(candidate: Candidate) -> Stored:
    """What a row below is compared with."""
    return Stored(candidate.body_hash, candidate.body, candidate.event.time)


def _other(candidate: Candidate, stored: Stored) -> Arrival:
    """What a candidate becomes that cannot be a correction, beside what is stored or was stated above."""
    outcome = repeated(candidate, stored)
    if not isinstance(outcome, Refusal):
        return candidate
    return stored_again(candidate, stored) if is_profile(candidate) and same_profile(candidate, stored) else outcome


def _beside(statement: Statement, of: Import) -> list[Arrival]:
    """What a candidate becomes beside what was stated before."""
    candidate, stored, number = statement.candidate, statement.stored, statement.number
    if stored is None:
        return [] if _states_nothing(candidate) and not of.follows_an_open_one else [candidate]
    same = _same(statement)
    if same is not None:
        return [same]
    assert stored.time is not None  # noqa: S101  it is stored with every event
    since = stored.recorded_time is None or stored.recorded_time >= of.began
    if not stored.body_hash and since:
        return [statement.stated(number, stored.time)]  # what it said nobody knows any more
    before = statement.before()
    if statement.is_of_another and not (isinstance(before, Candidate) and _states_nothing(before)):
        advice = _TAKE_BACK if isinstance(candidate.event.data, PointsOpened) else ""
        return [refuse(candidate, "id_conflict", _OTHERS + advice)]
    if isinstance(candidate.event.data, TierGranted) and stored.body_hash:
        return _another_tier(statement, before, of, since=since)
    if since:
        return [refuse(candidate, "id_conflict", _SINCE)]
    return [_corrected(statement, number + 1, of, is_known=bool(stored.body_hash))]


def _same(statement: Statement) -> Arrival | None:
    """The last statement again, if it says what the candidate says; a body that is no longer kept has its hash."""
    candidate, stored = statement.candidate, statement.stored
    if stored is None or stored.time is None:
        return None
    again = statement.stated(statement.number, stored.time)
    written = candidate if statement.number == 1 and statement.name == candidate.native_id else again
    for said in (written, again):
        if isinstance(said, Candidate) and said.body_hash == stored.body_hash:
            return said
    before = statement.before()
    if not isinstance(before, Candidate) or not isinstance(again, Candidate) or statement.is_of_another:
        return None
    return before if before.event.data == again.event.data else None


def _another_tier(statement: Statement, before: Arrival | None, of: Import, *, since: bool) -> list[Arrival]:
    """A tier in place of the one before: of several the highest counts, so that one is ended first."""
    candidate, number = statement.candidate, statement.number
    if not isinstance(before, Candidate) or not isinstance(before.event.data, TierGranted):
        return [refuse(candidate, "id_conflict", _NOT_KEPT)]
    old, new = before.event.data, candidate.event.data
    is_ended_here = old.until == of.began
    if since and not is_ended_here:
        return [refuse(candidate, "id_conflict", _SINCE)]
    ends: list[Arrival] = []
    if old.tier != new.tier and old.until > of.began:
        number += 1
        ends = [statement.stated(number, of.began, data={"tier": old.tier, "until": of.began.isoformat()})]
    return [*ends, _corrected(statement, number + 1, of)]


def _corrected(statement: Statement, number: int, of: Import, *, is_known: bool = True) -> Arrival:
    correction = statement.stated(number, of.began)
    if isinstance(correction, Candidate) and is_known:
        correction.note(CORRECTED, "corrects what was imported before")
    return correction


def _states_nothing(candidate: Candidate) -> bool:
    data = candidate.event.data
    return isinstance(data, PointsOpened) and data.points == 0


def _content(candidate: Candidate) -> tuple[object, ...]:
    return candidate.native_id, candidate.event.customer_id, candidate.event.data
