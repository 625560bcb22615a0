"""Random acts, merges, splits, repeats, poison, crashes and giants over two partitions that are read at any pace.

One state: that of somebody who always was one. Each customer acts in a partition of their own choice of two; merges are
published in both, splits behind what the alias did.
"""

from collections import defaultdict

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, rule

from builders.merges import split
from harness.databases import ServiceDatabase
from harness.failing import may_fail_at
from harness.machines import Loop, run_machine
from harness.toy import order_of, toy_database
from harness.toy_beside import beside, waiting
from harness.toy_merging import MERGING, both, deliver, held, letters, roots, with_giants
from mandegar.database import transaction
from mandegar.events import CustomerKey, Event
from mandegar.failpoints import StreamFailpoint
from mandegar.lanes.offsets import stored_offsets

GUESTS, ACCOUNTS = ["g1", "g2", "g3"], ["r1", "r2", "r3"]
NAMES = [*GUESTS, *ACCOUNTS]
PARTITIONS = dict(zip(NAMES, [0, 1, 0, 1, 0, 1], strict=True))
CRASHES = st.sampled_from(
    [
        None,
        None,
        StreamFailpoint.BESIDE_SET_ASIDE,
        StreamFailpoint.BATCH_BEFORE_COMMIT,
        StreamFailpoint.BATCH_AFTER_COMMIT,
    ]
)
BESIDE = st.sampled_from([None, None, StreamFailpoint.BESIDE_AFTER_TAKE, StreamFailpoint.BESIDE_BEFORE_COMMIT])


class MergingRule(RuleBasedStateMachine):
    """Ingest's part of it, and what must come out; ``loop`` and ``toy`` are set by the test.

    ``exact`` until somebody is split to whom others led: what these did before may be applied after it, and is then
    given to that customer rather than to the former root. Nothing is lost or doubled then either.
    """

    loop: Loop
    toy: ServiceDatabase
    exact: bool

    def __init__(self) -> None:
        super().__init__()
        self.logs: tuple[list[Event], list[Event]] = ([], [])
        self.parents: dict[str, str] = {}
        self.versions: defaultdict[str, int] = defaultdict(int)
        self.holds: defaultdict[str, set[str]] = defaultdict(set)
        self.poison: set[str] = set()

    @initialize()
    def begin(self):
        for table in ("customers", "waiting_beside", "dead_letters", "inbox", "offsets", "outbox", "applied"):
            self.loop.run(self.toy.worker.execute(f"DELETE FROM {table}"))

    def root(self, name: str) -> str:
        while name in self.parents:
            name = self.parents[name]
        return name

    def publish(self, event: Event) -> None:
        assert event.customer_id is not None
        self.logs[PARTITIONS[event.customer_id]].append(event)

    @rule(names=st.lists(st.sampled_from(NAMES), min_size=1, max_size=5), poison=st.integers(0, 9), again=st.booleans())
    def acts(self, names, poison, again):
        """Ingest may not have known of a merge yet, so an alias may act under its own id."""
        for place, name in enumerate(names):
            event = order_of(name, order_id="poison" if place == poison else "o")
            self.publish(event)
            (self.poison if place == poison else self.holds[self.root(name)]).add(str(event.id))
            if again:
                self.publish(event)

    @rule(alias=st.sampled_from(NAMES), other=st.sampled_from(NAMES), again=st.booleans())
    def merges(self, alias, other, again):
        root = self.root(other)
        if alias in self.parents or self.root(alias) == root or (root in GUESTS and alias not in GUESTS):
            return
        if self.exact and root in GUESTS:
            return
        self.parents[alias], self.versions[alias] = root, self.versions[alias] + 1
        for event in both(alias, root, self.versions[alias]) * (2 if again else 1):
            self.publish(event)
        self.holds[root] |= self.holds.pop(alias, set())

    @rule(alias=st.sampled_from(NAMES))
    def splits(self, alias):
        if alias not in self.parents or (self.exact and alias in ACCOUNTS):
            return
        root, self.versions[alias] = self.parents.pop(alias), self.versions[alias] + 1
        self.publish(split(alias, root, self.versions[alias]))

    async def poll(self, sizes: tuple[int, int], giants: set[str]) -> None:
        """The next records of both partitions, as one batch."""
        async with transaction(self.toy.worker) as connection:
            stored = await stored_offsets(connection, "toy", [("ingest.events", 0), ("ingest.events", 1)])
        some = [
            log[at : at + size] for (_, at), log, size in zip(sorted(stored.items()), self.logs, sizes, strict=True)
        ]
        await deliver(self.toy, *some, subscription=with_giants({CustomerKey("s", name) for name in giants}))

    @rule(
        sizes=st.tuples(st.integers(0, 12), st.integers(0, 12)),
        giants=st.sets(st.sampled_from(NAMES), max_size=2),
        crash=CRASHES,
    )
    def a_batch(self, sizes, giants, crash):
        with may_fail_at(crash):
            self.loop.run(self.poll(sizes, giants))

    @rule(crash=BESIDE)
    def a_turn_beside(self, crash):
        with may_fail_at(crash):
            self.loop.run(beside(MERGING).turn(self.toy.worker))

    def teardown(self):
        self.loop.run(self.poll((10**6, 10**6), set()))
        self.loop.run(beside(MERGING).drain(self.toy.worker))
        assert self.loop.run(waiting(self.toy)) == 0
        found = self.loop.run(held(self.toy))
        everything = sorted(id_ for some in self.holds.values() for id_ in some)
        assert sorted(id_ for some in found.values() for id_ in some) == everything  # none lost, none twice
        assert self.loop.run(roots(self.toy)) == {alias: self.root(alias) for alias in self.parents}
        assert found.keys().isdisjoint(self.parents)
        if self.exact:
            assert found == {root: sorted(ids) for root, ids in self.holds.items() if ids}
        assert self.loop.run(letters(self.toy)) == ["poisonous"] * len(self.poison)


def test_whoever_turned_out_to_be_one_person_holds_what_one_person_would(postgres):
    with Loop() as loop:
        attributes = {"loop": loop, "toy": loop.enter(toy_database(postgres)), "exact": True}
        run_machine(type("Machine", (MergingRule,), attributes), examples=60, steps=25)


def test_whoever_is_split_among_others_loses_and_doubles_nothing(postgres):
    with Loop() as loop:
        attributes = {"loop": loop, "toy": loop.enter(toy_database(postgres)), "exact": False}
        run_machine(type("Machine", (MergingRule,), attributes), examples=30, steps=25)
