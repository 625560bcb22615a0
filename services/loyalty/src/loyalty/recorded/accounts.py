"""The accounts of a shop, made of all that is recorded of it, some customers at a time."""

from collections import defaultdict
from collections.abc import AsyncIterator, Iterable, Iterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TypeAlias

from loyalty.account.resume import News
from loyalty.domain.account import Account
from loyalty.domain.act_rules import AWAY
from loyalty.domain.ids import NAME
from loyalty.domain.orders import MOVED, STAYED, Fact
from loyalty.recorded.commands import Commands
from loyalty.recorded.read import ActsOf, Reading
from loyalty.recorded.spill import BY_TIME, Row, Spill
from mandegar.events import CustomerKey
from mandegar.events.topics import CHURN_EVENTS, INGEST_EVENTS, LOYALTY_EVENTS
from mandegar.kafka import client
from mandegar.rebuild.persons import Persons
from mandegar.rebuild.topic_records import Log, Progress, open_reader

# Accounts as the stream makes them, before anything is posted to them.
Page: TypeAlias = dict[CustomerKey, Account]


# By topic and partition, the offset up to which records are read.
Until: TypeAlias = Mapping[str, Mapping[int, int]]


@asynccontextmanager
async def recorded_shop(
    where: Log,
    shop: str,
    progress: Progress,
    acts: ActsOf | None = None,
    *,
    until: Until | None = None,
    commands: Commands | None = None,
) -> AsyncIterator["RecordedShop"]:
    """Read all that is recorded of a shop up to now, or of topics in ``until`` up to their offsets there; of other acts
    than orders, those of ``acts``; of what loyalty itself has told, ``commands``.

    Facts wait in files of the directory for temporary files, about 50 bytes each, and are removed when the block ends.
    """
    with TemporaryDirectory(prefix="mandegar-recorded-") as directory:
        topics = [INGEST_EVENTS]
        topics += [CHURN_EVENTS] if acts is not None and AWAY in acts.types else []
        topics += [LOYALTY_EVENTS] if commands is not None else []
        async with AsyncExitStack() as stack:
            readers = []
            for topic in topics:
                end = None if until is None else until.get(topic)
                consumer, ends = await open_reader(where, topic, f"{NAME}-recorded", until=end)
                stack.push_async_callback(client.stop_with_deadline, consumer.stop)
                readers.append((consumer, ends))
            records = sum(ends.records for _, ends in readers)
            persons, spill = Persons(), Spill(Path(directory, "read"), records)
            reading = Reading(shop, spill, persons, acts, commands)
            for consumer, ends in readers:
                await reading.run(consumer, ends, progress)
        for event in commands.unpublished if commands is not None else ():
            reading.note(event)
        given = Spill(Path(directory, "given"), records)
        yield RecordedShop(shop, persons, spill, given, records=records, events=reading.events)


class RecordedShop:
    """``records`` were read, of which ``events`` are facts of this shop's customers, repeated ones among them."""

    def __init__(
        self, shop: str, persons: Persons, spill: Spill, given: Spill, *, records: int = 0, events: int = 0
    ) -> None:
        """``given`` is where facts wait that were recorded under one id and belong to another."""
        self._shop, self.persons, self._spill, self._given = shop, persons, spill, given
        self.records, self.events, self.page_count = records, events, spill.files
        self._is_given = not persons

    def pages(self) -> Iterator[Page]:
        """Every customer's account, once. One page at a time is in memory: 40,000 facts, and more beyond 10 million.

        Those of a merged customer belong to the root, what was erased to nobody. An event that was recorded several
        times is one fact.
        """
        for _, page in self.some_pages(range(self.page_count)):
            yield page

    def some_pages(self, numbers: Iterable[int]) -> Iterator[tuple[int, Page]]:
        """Pages by their numbers; read again, the same accounts."""
        if not self._is_given:
            self._give()
            self._is_given = True
        for number in numbers:
            told: defaultdict[str, list[tuple[str, Fact]]] = defaultdict(list)
            for spill in (self._spill, self._given):
                for rows in spill.rows(number):
                    for row in rows:
                        owner = row.customer_id if spill is self._given else self._owner(row)
                        if owner == row.customer_id:
                            told[owner].append((row.order_id, self._settled_move(row, owner)))
            yield number, {CustomerKey(self._shop, owner): self._account(owner, facts) for owner, facts in told.items()}

    def _give(self) -> None:
        """Copy what belongs to others than those under whose ids it was recorded to the files of these."""
        for number in range(self._spill.files):
            for rows in self._spill.rows(number):
                for row in rows:
                    if (owner := self._owner(row)) is not None and owner != row.customer_id:
                        self._given.add(row._replace(customer_id=owner))

    def _owner(self, row: Row) -> str | None:
        if not self.persons.knows(row.customer_id):
            return row.customer_id
        if row.place == BY_TIME:
            return self.persons.owner_at(row.customer_id, row.recorded_at)
        return self.persons.owner(row.customer_id, row.place, row.recorded_at)

    def _settled_move(self, row: Row, owner: str) -> Fact:
        """The fact; of a move between ids of one person, that the order stayed."""
        fact = row.fact
        if fact.kind == MOVED and self.persons.owner_at(fact.refund_id, row.recorded_at) == owner:
            return fact._replace(kind=STAYED)
        return fact

    def _account(self, owner: str, facts: list[tuple[str, Fact]]) -> Account:
        key = CustomerKey(self._shop, owner)
        account = Account({}, readmission=self.persons.readmission(owner), key=key)
        News(facts, None, None).tell(key, account)
        return account
