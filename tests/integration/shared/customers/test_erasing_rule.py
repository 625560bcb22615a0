"""Random acts, merges, splits, erasures, readmissions, repeats, poison, crashes and giants over two partitions.

One state: that of the acts which no erasure followed. Each id acts in a partition of its own choice of two; what says
who is erased is published under every id of the person, in one transaction of ingest.
"""

from collections import defaultdict
from datetime import timedelta

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, rule
from msgspec import structs

from builders.erasures import erasure_id
from builders.merges import merges, split
from harness.databases import ServiceDatabase
from harness.failing import may_fail_at
from harness.machines import Loop, run_machine
from harness.toy import NOW, order_of, toy_database
from harness.toy_beside import beside, waiting
from harness.toy_erasing import ERASING, erased, erased_customers, leaving_giants, readmitted
from harness.toy_merging import deliver, held, roots
from mandegar.database import transaction
from mandegar.events import CustomerKey, Event
from mandegar.events.ingest import LatestErasure
from mandegar.failpoints import StreamFailpoint
from mandegar.lanes.offsets import stored_offsets

NAMES = ["a", "b", "c", "d", "e"]
PARTITIONS = dict(zip(NAMES, [0, 1, 0, 1, 0], strict=True))
CRASHES = st.sampled_from(
    [
        None,
        None,
        None,
        StreamFailpoint.BESIDE_SET_ASIDE,
        StreamFailpoint.BATCH_BEFORE_COMMIT,
        StreamFailpoint.BATCH_AFTER_COMMIT,
    ]
)
NAME = st.sampled_from(NAMES)


class ErasingRule(RuleBasedStateMachine):
    """Ingest's part of it, and what must come out; ``loop`` and ``toy`` are set by the test."""

    loop: Loop
    toy: ServiceDatabase

    def __init__(self) -> None:
        super().__init__()
        self.logs: tuple[list[Event], list[Event]] = ([], [])
        self.parents: dict[str, str] = {}
        self.versions: defaultdict[str, int] = defaultdict(int)
        self.erasures: defaultdict[str, int] = defaultdict(int)
        self.latest: dict[str, LatestErasure] = {}
        self.gone: set[str] = set()
        self.holds: defaultdict[str, set[str]] = defaultdict(set)
        self.poison: defaultdict[str, int] = defaultdict(int)
        self.seconds = 0

    @initialize()
    def begin(self):
        tables = ("customers", "erasures", "waiting_beside", "dead_letters", "inbox", "offsets", "outbox", "applied")
        for table in tables:
            self.loop.run(self.toy.worker.execute(f"DELETE FROM {table}"))

    def root(self, name: str) -> str:
        while name in self.parents:
            name = self.parents[name]
        return name

    def person(self, name: str) -> list[str]:
        return [each for each in NAMES if self.root(each) == self.root(name)]

    def publish(self, event: Event) -> None:
        assert event.customer_id is not None
        event = structs.replace(event, recorded_time=NOW + timedelta(seconds=self.seconds))
        self.logs[PARTITIONS[event.customer_id]].append(event)

    @rule(names=st.lists(NAME, min_size=1, max_size=4), poison=st.integers(0, 9), again=st.booleans())
    def acts(self, names, poison, again):
        self.seconds += 1
        for place, name in enumerate(names):
            if self.root(name) in self.gone:
                continue
            event = order_of(name, order_id="poison" if place == poison else "o")
            for _ in range(2 if again else 1):
                self.publish(event)
            if place == poison:
                self.poison[self.root(name)] += 1
            else:
                self.holds[self.root(name)].add(str(event.id))

    @rule(alias=NAME, other=NAME)
    def merges(self, alias, other):
        root = self.root(other)
        if alias in self.parents or alias == root or {alias, root} & self.gone:
            return
        self.seconds += 1
        self.parents[alias], self.versions[alias] = root, self.versions[alias] + 1
        both = merges(
            alias,
            root,
            self.versions[alias],
            erasures=self.erasures[root],
            alias_erasures=self.erasures[alias],
            root_erasure=self.latest.get(root),
        )
        for event in both:
            self.publish(event)
        self.holds[root] |= self.holds.pop(alias, set())
        self.poison[root] += self.poison.pop(alias, 0)

    @rule(alias=NAME)
    def splits(self, alias):
        """Of an alias that nobody leads to, by hand; of the erased nobody is split."""
        if alias not in self.parents or alias in self.parents.values() or self.root(alias) in self.gone:
            return
        self.seconds += 1
        root, self.versions[alias] = self.parents.pop(alias), self.versions[alias] + 1
        self.publish(split(alias, root, self.versions[alias]))

    def next_version(self, ids: list[str]) -> int:
        version = 1 + max(self.erasures[id_] for id_ in ids)
        self.erasures.update(dict.fromkeys(ids, version))
        self.seconds += 1
        return version

    @rule(name=NAME)
    def erases(self, name):
        ids, root = self.person(name), self.root(name)
        if root in self.gone:
            return
        version = self.next_version(ids)
        at = NOW + timedelta(seconds=self.seconds)
        for id_ in ids:
            self.publish(erased(id_, version, number=version, ids=len(ids)))
            self.latest[id_] = LatestErasure(erasure_id=erasure_id(version), recorded_time=at, ids=len(ids))
        self.gone.add(root)
        self.holds.pop(root, None)
        self.poison.pop(root, None)

    @rule(name=NAME)
    def readmits(self, name):
        root = self.root(name)
        if root not in self.gone:
            return
        version = self.next_version(self.person(name))
        for id_ in self.person(name):
            self.publish(readmitted(id_, version, number=version - 1))
        self.gone.discard(root)

    async def poll(self, sizes: tuple[int, int], giants: set[str]) -> None:
        """The next records of both partitions, as one batch."""
        async with transaction(self.toy.worker) as connection:
            stored = await stored_offsets(connection, "toy", [("ingest.events", 0), ("ingest.events", 1)])
        some = [
            log[at : at + size] for (_, at), log, size in zip(sorted(stored.items()), self.logs, sizes, strict=True)
        ]
        await deliver(self.toy, *some, subscription=leaving_giants({CustomerKey("s", name) for name in giants}))

    @rule(sizes=st.tuples(st.integers(0, 12), st.integers(0, 12)), giants=st.sets(NAME, max_size=2), crash=CRASHES)
    def a_batch(self, sizes, giants, crash):
        with may_fail_at(crash):
            self.loop.run(self.poll(sizes, giants))

    @rule()
    def a_turn_beside(self):
        self.loop.run(beside(ERASING).turn(self.toy.worker))

    def teardown(self):
        self.loop.run(self.poll((10**6, 10**6), set()))
        self.loop.run(beside(ERASING).drain(self.toy.worker))
        assert self.loop.run(waiting(self.toy)) == 0
        assert self.loop.run(roots(self.toy)) == {alias: self.root(alias) for alias in self.parents}
        assert self.loop.run(held(self.toy)) == {root: sorted(ids) for root, ids in self.holds.items() if ids}
        assert self.loop.run(erased_customers(self.toy)) == {name for name in NAMES if self.root(name) in self.gone}
        open_letters = self.loop.run(self.toy.worker.fetch("SELECT code FROM dead_letters"))
        assert [row["code"] for row in open_letters] == ["poisonous"] * sum(self.poison.values())


def test_whoever_is_erased_holds_what_they_did_since_they_were_readmitted(postgres):
    with Loop() as loop:
        attributes = {"loop": loop, "toy": loop.enter(toy_database(postgres))}
        run_machine(type("Machine", (ErasingRule,), attributes), examples=60, steps=25)
