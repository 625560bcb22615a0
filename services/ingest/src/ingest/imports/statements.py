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
from ingest.imports.statement_rows import load_roots, load_with_customers, stored_among
from mandegar.database import Connection

# The second statement is looked for alone, because most have none; then ever more at once.
_AT_ONCE = 4


@dataclass(frozen=True, slots=True)
class Statement:
    """What a candidate states, and what was stated last of the same.

    ``name`` is the native id of the first statement, and ``number`` that of the last one, which is ``stored``; None:
    there is none. ``people`` are the ids that the customer of the row has.
    """

    candidate: Candidate
    name: str
    people: frozenset[str]
    number: int = 0
    stored: Stored | None = None

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
        return self._read(self.stored.body)

    def stated(self, number: int, time: datetime, *, data: Mapping[str, Any] | None = None) -> Arrival:
        """The candidate as the statement of this number, made at ``time``; of ``data`` where it is given."""
        event: dict[str, Any] = json.loads(self.candidate.body)
        event |= {"id": self.name if number == 1 else f"{self.name}:{number}", "time": time.isoformat()}
        event["data"] |= data or {}
        if "lot_id" in event["data"] and self.name != self.candidate.native_id:
            event["data"]["lot_id"] = self.name.partition(":")[2]
        if number > 1 and "id" in event["customer"]:
            # Addresses are as old as the file.
            event["customer"] = {"id": event["customer"]["id"]}
        return self._read(json.dumps(event, ensure_ascii=False, separators=(",", ":")).encode())

    def _read(self, body: bytes) -> Arrival:
        assert self.candidate.read_again is not None  # noqa: S101  rows are read by a door
        arrival = self.candidate.read_again(body)
        arrival.returned = True
        return arrival


async def find_statements(
    connection: Connection,
    candidates: Sequence[Candidate],
    formerly: Mapping[str, Sequence[str]],
    links: Mapping[int, Iterable[str]],
) -> list[Statement]:
    """What each candidate states.

    ``formerly`` has by native id others under which the same may have been stated: of the same customer, or of a guest
    whom the row ``links`` with them, by index.
    """
    if not candidates:
        return []
    source = candidates[0].source
    roots = await load_roots(connection, source.shop.id, {each.event.customer_id or "" for each in candidates})
    names = {name for each in candidates for name in (each.native_id, *formerly.get(each.native_id, ()))}
    newest = await _newest(connection, source, names)
    found: list[Statement] = []
    taken: dict[str, str] = {}
    for each in candidates:
        own = each.event.customer_id or ""
        people = frozenset({own, roots.get(own, own), *links.get(each.index, ())})
        statement = Statement(each, each.native_id, people)
        for name in (each.native_id, *formerly.get(each.native_id, ())):
            if name not in newest:
                continue
            other = Statement(each, name, people, *newest[name])
            is_own = name == each.native_id
            # Several accounts may have the address of one guest: the balance goes to the first of them.
            if is_own or (not other.is_of_another and taken.setdefault(name, each.native_id) == each.native_id):
                statement = other
                break
        found.append(statement)
    return found


async def _newest(connection: Connection, source: Source, names: Iterable[str]) -> dict[str, tuple[int, Stored]]:
    """The number of the last statement under each name, and the statement."""
    ids = {event_id(source, name): name for name in names}
    first = await load_with_customers(connection, ids.keys())
    newest = {ids[id_]: (1, stored) for id_, stored in first.items()}
    numbers = await _last_numbers(connection, source, newest)
    later = {event_id(source, f"{name}:{number}"): name for name, number in numbers.items() if number > 1}
    if later:
        stored = await load_with_customers(connection, later.keys())
        newest |= {later[id_]: (numbers[later[id_]], each) for id_, each in stored.items()}
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
