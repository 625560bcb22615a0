"""A part beside what was accepted before: rows that correct what an earlier file stated, and rows that contradict it.

A lot, a tier and a coupon that a later file states otherwise become a statement of their own, dated when its import
began, so that it counts from then on: ``lot:l-7`` is followed by ``lot:l-7:2``. Each is compared with the last one
before it, so the same file again states nothing, and a file that takes a correction back is one more correction.

What a customer has is one lot and one tier, under whichever of their ids it stands: if there are several, one is stated
and the others are taken back. So is that of a guest who has the address of the row, and may never become the customer.
"""

import asyncio
from collections.abc import Mapping, Sequence
from itertools import groupby
from typing import NamedTuple
from uuid import UUID

from ingest.domain.candidates import Arrival, Candidate, Refusal
from ingest.domain.file_rows.row_error import RowError
from ingest.hallway.accept import repeated
from ingest.hallway.rows.history import Stored, load_stored
from ingest.imports.correcting import Import, Said, state
from ingest.imports.profiles_beside import is_profile, same_profile, stored_again
from ingest.imports.statements import Names, Statements, load_statements
from mandegar.database import Connection

# Of what they state, the event that was written last counts.
_CORRECTABLE = frozenset({"points.opened", "tier.granted", "coupon.opened"})
_ROWS_AT_ONCE = 20
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


async def load_history(connection: Connection, arrivals: Sequence[Arrival], names: Names, of: Import) -> "Part":
    """What a part is compared with. ``names``: by index of a row and native id, what else it may be known as."""
    candidates = [each for each in arrivals if isinstance(each, Candidate)]
    others = [each for each in candidates if each.event.type not in _CORRECTABLE]
    stored = await load_stored(connection, {each.event.id for each in others})
    correctable = [each for each in candidates if each.event.type in _CORRECTABLE]
    statements = await load_statements(connection, correctable, candidates, names)
    return Part(statements, stored, of)


async def beside_history(part: "Part", arrivals: Sequence[Arrival]) -> Beside:
    """The arrivals, with corrections in place of what was stated otherwise before.

    What contradicts the history, or a row above, is refused, so that nothing of its row is accepted. A balance of 0
    points of which nothing is known is left out, and so are a profile and a join date that were imported otherwise
    before, where their row states more. Others have their turn between some rows and the next ones.
    """
    beside: list[Arrival] = []
    notes: dict[int, Sequence[RowError]] = {}
    for number, (index, row) in enumerate(groupby(arrivals, lambda arrival: arrival.index), start=1):
        said = part.row([*row])
        beside += said.arrivals
        if said.notes:
            notes[index] = said.notes
        if number % _ROWS_AT_ONCE == 0:
            await asyncio.sleep(0)
    return Beside(beside, notes)


class Part(NamedTuple):
    """A part while its rows are read from above.

    ``statements`` are of what can be corrected what was accepted, or stated by rows before, and ``stored`` is that by
    id of the rest.
    """

    statements: Statements
    stored: dict[UUID, Stored]
    of: Import

    def row(self, arrivals: Sequence[Arrival]) -> Said:
        """What the events of a row become; those below know of it only if the row is accepted."""
        states = any(isinstance(each, Candidate) and each.event.type in _CORRECTABLE for each in arrivals)
        row = Said([])
        named: dict[str, Candidate] = {}
        for arrival in arrivals:
            if not isinstance(arrival, Candidate):
                said = Said([arrival])
            elif arrival.event.type in _CORRECTABLE:
                said = state(self.statements.of(arrival, self.of.began), self.statements.people, self.of)
                named |= said.named
            else:
                said = self._other(arrival, states=states)
            row = Said([*row.arrivals, *said.arrivals], {}, [*row.notes, *said.notes])
        if not any(isinstance(each, Refusal) for each in row.arrivals):
            for name, stated in named.items():
                self.statements.add(name, stated)
            for each in row.arrivals:
                if isinstance(each, Candidate):
                    self._note(each)
        return row

    def _other(self, candidate: Candidate, *, states: bool) -> Said:
        """What a candidate becomes that cannot be a correction."""
        stored = self.stored.get(candidate.event.id)
        if stored is None:
            return Said([candidate])
        outcome = repeated(candidate, stored)
        if not isinstance(outcome, Refusal):
            return Said([candidate])
        if is_profile(candidate) and same_profile(candidate, stored):
            return Said([stored_again(candidate, stored)])
        note = _LEFT_OUT.get(candidate.event.type)
        return Said([], {}, [note]) if note is not None and states else Said([outcome])

    def _note(self, candidate: Candidate) -> None:
        """Note for the rows below what is compared with theirs, and whose addresses it states."""
        if candidate.event.type not in _CORRECTABLE:
            said = Stored(candidate.body_hash, candidate.body, candidate.event.time)
            self.stored.setdefault(candidate.event.id, said)
        for link in candidate.links:
            if link.by == "address":
                self.statements.people.bring(link.alias, candidate.event.customer_id or "")
