"""The statements that were made before of what a part states: of each lot, tier and coupon the last one."""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from ingest.domain.candidates import Arrival, Candidate
from ingest.domain.normalise import event_id
from ingest.domain.sources import Source
from ingest.hallway.rows.history import Stored
from ingest.imports.people import People, load_people
from ingest.imports.row_keys import KnownAs
from ingest.imports.statement_rows import load_with_customers, of_files_of_points, stored_among
from mandegar.database import Connection
from mandegar.events.opening import PointsOpened, TierGranted
from mandegar.quantities import whole_of

# The second statement is looked for alone, because most have none; then ever more at once.
_AT_ONCE = 4
# By index of a row and native id, what else it may be known as.
Names = Mapping[int, Mapping[str, KnownAs]]


@dataclass(frozen=True, slots=True)
class Statement:
    """What a candidate states, and what was stated last of the same.

    ``name`` is the native id of the first statement, and ``number`` that of the last one, which is ``stored``; None:
    there is none. ``people`` are the ids that the customer of the row has. ``is_erased``: whoever had it was erased.
    """

    candidate: Candidate
    name: str
    people: frozenset[str]
    number: int = 0
    stored: Stored | None = None
    is_erased: bool = False

    @property
    def is_of_another(self) -> bool:
        """Whether the last statement is about another customer."""
        return (
            self.stored is not None
            and self.stored.customer_id is not None
            and self.stored.customer_id not in self.people
        )

    def before(self) -> Arrival | None:
        """The last statement, as it is read today; None if it is no longer kept."""
        if self.stored is None or self.stored.body is None:
            return None
        return self.read(self.stored.body)

    def gives_nothing(self, now: datetime) -> bool:
        """Whether the last statement is known to give nobody anything."""
        before = self.before()
        return isinstance(before, Candidate) and gives_nothing(before, now)

    def same(self) -> Arrival | None:
        """The last statement again, if it says what the candidate says; if it is no longer kept, it has its hash."""
        candidate, stored = self.candidate, self.stored
        if stored is None or stored.time is None:
            return None
        again = self.stated(self.number, stored.time)
        written = candidate if self.number == 1 and self.name == candidate.native_id else again
        for said in (written, again):
            if isinstance(said, Candidate) and said.body_hash == stored.body_hash:
                return said
        before = self.before()
        if not isinstance(before, Candidate) or not isinstance(again, Candidate) or self.is_of_another:
            return None
        return before if before.event.data == again.event.data else None

    def stated(
        self,
        number: int,
        time: datetime,
        *,
        data: Mapping[str, Any] | None = None,
        customer: str | None = None,
        with_addresses: bool = False,
    ) -> Arrival:
        """The candidate as the statement of this number, made at ``time``; of ``data`` and ``customer``, if given."""
        event: dict[str, Any] = json.loads(self.candidate.body)
        event |= {"id": self.name if number == 1 else f"{self.name}:{number}", "time": time.isoformat()}
        event["data"] |= data or {}
        if "lot_id" in event["data"] and self.name != self.candidate.native_id:
            event["data"]["lot_id"] = self.name.partition(":")[2]
        if customer is not None:
            event["customer"] = {"id": customer}
        elif number > 1 and "id" in event["customer"] and not with_addresses:
            # Addresses are as old as the file.
            event["customer"] = {"id": event["customer"]["id"]}
        return self.read(json.dumps(event, ensure_ascii=False, separators=(",", ":")).encode())

    def read(self, body: bytes) -> Arrival:
        """Another body as the candidate was read."""
        assert self.candidate.read_again is not None  # noqa: S101  rows are read by a door
        arrival = self.candidate.read_again(body)
        arrival.returned = True
        return arrival


def gives_nothing(candidate: Candidate, now: datetime) -> bool:
    """Whether a lot has no points, or a tier is over."""
    data = candidate.event.data
    return data.points == 0 if isinstance(data, PointsOpened) else isinstance(data, TierGranted) and data.until <= now


@dataclass(frozen=True, slots=True)
class Found:
    """The statement of a candidate, and what else its customer has of the same kind under other names.

    ``others`` stand under other ids of theirs, or under a guest who has the address of the row, or of a row above of
    theirs, and is nobody else.
    """

    statement: Statement
    others: Sequence[Statement]


@dataclass(frozen=True, slots=True)
class Statements:
    """What was stated before of all that a part states, by its rows above as well."""

    people: People
    names: Names
    newest: dict[str, tuple[int, Stored, bool]]

    def add(self, name: str, said: Candidate) -> None:
        """Note what a row states under a name, as the history would have it if the row were a part of its own."""
        number = 1 if said.native_id == name else whole_of(said.native_id.rpartition(":")[2])
        if name in self.newest and self.newest[name][0] >= number:
            return  # it was known, and so it is no newer than it was
        customer = said.event.customer_id or ""
        self.people.note_fact(customer)
        self.newest[name] = (number, Stored(said.body_hash, said.body, said.event.time, None, customer), False)

    def of(self, candidate: Candidate, now: datetime) -> Found:
        """What a candidate states, as of ``now``: of a customer with several of its kind the one that says the same."""
        own = candidate.event.customer_id or ""
        root = self.people.root(own)
        people = frozenset({own, root})
        known_as = self.names.get(candidate.index, {}).get(candidate.native_id)
        first = self._statement(candidate, candidate.native_id, people, now)
        if known_as is None:
            return Found(first, ())
        # Whose a guest is because of a row above, one below may leave open again: what they had before is taken back.
        brought = self.people.brought_by(root)
        guests = {*(guest for guest in known_as.guests if self.people.is_free(guest)), *brought}
        ids = dict.fromkeys((*self.people.ids(own, root), *brought, *known_as.guests, *known_as.written))
        names = [*dict.fromkeys((*known_as.now(ids), candidate.native_id))]
        theirs, of_guests = _told_apart([self._statement(candidate, each, people, now) for each in names], guests)
        if not theirs:
            before = [self._statement(candidate, each, people, now) for each in known_as.before(ids)]
            earlier, of_guests_before = _told_apart(before, guests)
            theirs, of_guests = earlier[:1], of_guests or of_guests_before[:1]
        if theirs:
            first = _likest(theirs, now)
        others = [each for each in (*theirs, *of_guests) if each is not first]
        return Found(first, others)

    def _statement(self, candidate: Candidate, name: str, people: frozenset[str], now: datetime) -> Statement:
        if name not in self.newest:
            return Statement(candidate, name, people)
        number, stored, is_erased = self.newest[name]
        if stored.customer_id is not None and (stored.recorded_time is None or stored.recorded_time >= now):
            # Nothing follows it in this import, so it is theirs whom rows above show its guest to be.
            stored = stored._replace(customer_id=self.people.root(stored.customer_id))
        return Statement(candidate, name, people, number, stored, is_erased)


def _told_apart(statements: Iterable[Statement], guests: set[str]) -> tuple[list[Statement], list[Statement]]:
    """Of statements those that were made of their customer, and those of the guests."""
    made = [each for each in statements if each.stored is not None]
    of_guests = [each for each in made if each.is_of_another and each.stored and each.stored.customer_id in guests]
    return [each for each in made if not each.is_of_another], of_guests


def _likest(statements: Sequence[Statement], now: datetime) -> Statement:
    """The one that says the same, else one that gives something, else the first."""
    if len(statements) == 1:  # the usual case: it need not be read to be chosen
        return statements[0]
    same = (each for each in statements if each.same() is not None)
    giving = (each for each in statements if not each.gives_nothing(now))
    return next(same, None) or next(giving, statements[0])


async def load_statements(
    connection: Connection, candidates: Sequence[Candidate], part: Iterable[Candidate], names: Names
) -> Statements:
    """What was stated before of what the candidates state, under whatever names; ``part`` is all of their part."""
    if not candidates:
        return Statements(People({}), names, {})
    source = candidates[0].source
    linked: dict[str, set[str]] = {}
    for each in part:
        for link in each.links:
            linked.setdefault(link.alias, set()).add(each.event.customer_id or "")
    known = [(each, names.get(each.index, {}).get(each.native_id)) for each in candidates]
    guests = {guest for _, known_as in known if known_as is not None for guest in known_as.guests}
    own = {each.event.customer_id or "" for each in candidates}
    linking = {account for accounts in linked.values() for account in accounts}
    people = await load_people(connection, source.shop.id, own | guests | linked.keys() | linking)
    bringing: dict[str, set[str]] = {}
    for guest, accounts in linked.items():
        for account in accounts:
            bringing.setdefault(people.root(account), set()).add(guest)
    wanted = {each.native_id for each in candidates}
    doubtful: set[str] = set()
    for each, known_as in known:
        if known_as is None:
            continue
        customer = each.event.customer_id or ""
        # Rows above may tell whose a guest is, and which guests the customer is.
        roots = {people.root(one) for one in (customer, *linked.get(customer, ()))}
        ids = {one for root in roots for one in (*people.ids(customer, root), *bringing.get(root, ()))}
        ids |= {*known_as.guests, *known_as.written}
        wanted.update(known_as.now(ids), known_as.before(ids))
        doubtful.update(known_as.before(ids) if known_as.may_be_a_lots else ())
    newest = await _newest(connection, source, wanted)
    # A balance is not taken for a lot of the same dates that a file of points has beside it.
    dated = {name: newest[name][1] for name in doubtful & newest.keys()}
    lots = await of_files_of_points(connection, source.shop.id, dated) if dated else ()
    return Statements(people, names, {name: each for name, each in newest.items() if name not in lots})


async def _newest(connection: Connection, source: Source, names: Iterable[str]) -> dict[str, tuple[int, Stored, bool]]:
    """The number of the last statement under each name, the statement, and whether whoever had it was erased."""
    ids = {event_id(source, name): name for name in names}
    first = await load_with_customers(connection, ids.keys())
    newest = {ids[id_]: (1, *holding) for id_, holding in first.items()}
    numbers = await _last_numbers(connection, source, newest)
    later = {event_id(source, f"{name}:{number}"): name for name, number in numbers.items() if number > 1}
    if later:
        last = await load_with_customers(connection, later.keys())
        newest |= {later[id_]: (numbers[later[id_]], *holding) for id_, holding in last.items()}
    return newest


async def _last_numbers(connection: Connection, source: Source, names: Iterable[str]) -> dict[str, int]:
    """How many statements there are under each name. Their numbers have no gaps."""
    last = dict.fromkeys(names, 1)
    open_, number, ahead = list(last), 2, 1
    while open_:
        ids: dict[UUID, tuple[str, int]] = {
            event_id(source, f"{name}:{each}"): (name, each) for name in open_ for each in range(number, number + ahead)
        }
        for id_ in await stored_among(connection, ids.keys()):
            name, each = ids[id_]
            last[name] = max(last[name], each)
        number += ahead
        open_ = [name for name in open_ if last[name] == number - 1]
        ahead *= _AT_ONCE
    return last
