"""What a row states beside what was stated of the same before: it again, a correction, or a refusal.

A correction is dated when its import began, and behind what it corrects, which may be dated ahead of our clock.

Rows above in its part count as stated before as well, so it does not matter where a file is cut.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from ingest.domain.candidates import Arrival, Candidate, refuse
from ingest.domain.file_rows.row_error import RowError
from ingest.imports.people import People
from ingest.imports.statements import Found, Statement
from mandegar.events.opening import PointsOpened, TierGranted
from mandegar.quantities import from_us

CORRECTED = "corrected"
_NEXT = timedelta(microseconds=1)
_SINCE = "another row, or a file imported since this import began, states something else: import the right one again"
_OTHERS = "it was imported for another customer"
_TAKE_BACK = "; import it with 0 points for that one before"
_NOT_KEPT = "which tier was imported for the customer before is no longer kept: grant this one through a door"
_TIER_UNKNOWN = RowError(
    None,
    "tier_before_unknown",
    "which tier was granted before is not known any more: if that was a higher one, it stays until its end",
)


class Import(NamedTuple):
    """The import that a part belongs to: when it ``began``, and whether one that began earlier may still go on."""

    began: datetime
    follows_an_open_one: bool = False


class Said(NamedTuple):
    """What a candidate becomes; ``named`` is by native id what it states, and ``notes`` what its sender is told."""

    arrivals: list[Arrival]
    named: Mapping[str, Candidate] = {}
    notes: Sequence[RowError] = ()


def state(found: Found, people: People, of: Import) -> Said:
    """What a candidate becomes beside what was stated before of its customer, of whom one statement stays."""
    statement = found.statement
    others = [each for each in found.others if not each.gives_nothing(of.began)]
    said = {statement.name: _beside(statement, people, of, besides=bool(others))}
    said |= {each.name: _taken_back(each, of) for each in others}
    arrivals = [arrival for each in said.values() for arrival in each]
    named = {name: each[-1] for name, each in said.items() if each}
    notes = [_TIER_UNKNOWN] if any(_is_unknown_tier(each) for each in (statement, *others)) else []
    return Said(arrivals, {name: each for name, each in named.items() if isinstance(each, Candidate)}, notes)


def _beside(statement: Statement, people: People, of: Import, *, besides: bool) -> list[Arrival]:
    """What a candidate becomes beside its last statement; ``besides``: there are others, which are taken back."""
    candidate, stored, number = statement.candidate, statement.stored, statement.number
    is_tier = isinstance(candidate.event.data, TierGranted)
    if stored is None:
        if _has_no_points(candidate) and not of.follows_an_open_one:
            return []
        # Of statements of one tier that of the later instant counts.
        return [statement.stated(1, of.began) if besides and is_tier else candidate]
    same = statement.same()
    if same is not None:
        return [_corrected(statement, number + 1, of) if besides and is_tier else same]
    if statement.is_of_another and statement.is_erased:
        return [statement.stated(number + 1, _behind(statement, of))]  # nobody has it any more
    assert stored.time is not None  # noqa: S101  it is stored with every event
    since = _is_since(statement, of)
    if not stored.body_hash and since:
        return [statement.stated(number, stored.time)]  # what it said nobody knows any more
    if statement.is_of_another and not statement.gives_nothing(of.began):
        if not since and _makes_one(candidate, stored.customer_id, people):
            return [_corrected(statement, number + 1, of, with_addresses=True)]
        advice = _TAKE_BACK if isinstance(candidate.event.data, PointsOpened) else ""
        return [refuse(candidate, "id_conflict", _OTHERS + advice)]
    if is_tier and stored.body_hash:
        return _another_tier(statement, of, since=since)
    if since:
        return [refuse(candidate, "id_conflict", _SINCE)]
    return [_corrected(statement, number + 1, of)]


def _another_tier(statement: Statement, of: Import, *, since: bool) -> list[Arrival]:
    """A tier in place of the one before: of several the highest counts, so that one is ended first."""
    candidate, number, before = statement.candidate, statement.number, statement.before()
    if not isinstance(before, Candidate) or not isinstance(before.event.data, TierGranted):
        return [refuse(candidate, "id_conflict", _NOT_KEPT)]
    old, new = before.event.data, candidate.event.data
    is_ended_here = old.until == of.began
    if since and not is_ended_here:
        return [refuse(candidate, "id_conflict", _SINCE)]
    ends: list[Arrival] = []
    if old.tier != new.tier and old.until > of.began:
        number += 1
        ended = {"tier": old.tier, "until": of.began.isoformat()}
        ends = [statement.stated(number, _behind(statement, of), data=ended)]
    return [*ends, _corrected(statement, number + 1, of)]


def _taken_back(statement: Statement, of: Import) -> list[Arrival]:
    """What ends a statement beside the one that stays: of whoever has it, who may be a guest for ever."""
    if _is_since(statement, of):
        return [refuse(statement.candidate, "id_conflict", _SINCE)]
    data: dict[str, Any] = {"points": 0}
    if isinstance(statement.candidate.event.data, TierGranted):
        if _is_unknown_tier(statement):
            return []
        before = statement.before()
        if not isinstance(before, Candidate):
            return [refuse(statement.candidate, "id_conflict", _NOT_KEPT)]
        data = {"tier": before.event.data.tier, "until": of.began.isoformat()}
    whose = statement.stored.customer_id if statement.stored and statement.is_of_another else None
    return [_corrected(statement, statement.number + 1, of, data=data, customer=whose)]


def _corrected(statement: Statement, number: int, of: Import, **changes: Any) -> Arrival:
    correction = statement.stated(number, _behind(statement, of), **changes)
    # Of a history that was rebuilt nobody knows what it said before.
    if isinstance(correction, Candidate) and statement.stored is not None and statement.stored.body_hash:
        correction.note(CORRECTED, "corrects what was imported before")
    return correction


def _behind(statement: Statement, of: Import) -> datetime:
    """When the import began, or just after the time that the last statement has in its file if that is later."""
    before = statement.before()
    if not isinstance(before, Candidate):
        return of.began
    written_at = getattr(before.event.data, "written_at", None)
    written = before.event.time if written_at is None else from_us(written_at)
    return max(of.began, written + _NEXT)


def _makes_one(candidate: Candidate, guest: str | None, people: People) -> bool:
    """Whether the guest becomes the customer of the candidate because it, or a row above, states their address."""
    customer = candidate.event.customer_id or ""
    return people.root(guest or "") == people.root(customer) or any(
        link.alias == guest and link.by == "address" and people.is_only_account(link.alias, customer)
        for link in candidate.links
    )


def _is_since(statement: Statement, of: Import) -> bool:
    """Whether the last statement was made since the import began."""
    recorded = None if statement.stored is None else statement.stored.recorded_time
    return recorded is None or recorded >= of.began


def _is_unknown_tier(statement: Statement) -> bool:
    is_tier = isinstance(statement.candidate.event.data, TierGranted)
    return is_tier and statement.stored is not None and not statement.stored.body_hash


def _has_no_points(candidate: Candidate) -> bool:
    return isinstance(candidate.event.data, PointsOpened) and candidate.event.data.points == 0
