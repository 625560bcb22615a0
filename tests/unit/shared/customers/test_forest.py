"""Chains and circles of merges end at one root, whatever the order in which they become known."""

from hypothesis import given, settings
from hypothesis import strategies as st

from mandegar.customers.forest import AliasRow, Forest
from mandegar.events import CustomerKey

NAMES = "abcde"
CHANGES = st.lists(st.tuples(st.sampled_from(NAMES), st.sampled_from([*NAMES, None])), max_size=12)


def key(name: str) -> CustomerKey:
    return CustomerKey("s", name)


class Stored:
    """The rows of all customers, changed as the library does: only those below an alias are read."""

    def __init__(self) -> None:
        self.rows = {key(name): AliasRow(key(name), None, key(name), 0) for name in NAMES}
        self.moves: list[tuple[str, str]] = []

    def roots(self) -> dict[str, str]:
        return {row.key.customer_id: row.root.customer_id for row in self.rows.values()}

    def change(self, *changes: tuple[str, str | None]) -> None:
        below = {key(alias) for alias, _ in changes}
        while more := {row.key for row in self.rows.values() if row.alias_of in below} - below:
            below |= more
        outside = {row.key: row.root for row in self.rows.values() if row.root != row.key}
        forest = Forest({each: self.rows[each] for each in below}, outside)
        for version, (alias, to) in enumerate(changes, start=1):
            forest.attach(key(alias), None if to is None else key(to), version)
        self.moves += [(move.alias.customer_id, move.root.customer_id) for move in forest.moves()]
        for row in forest.changed():
            self.rows[row.key] = row


def test_a_chain_ends_at_its_root_from_both_sides():
    for order in ([("a", "b"), ("b", "c")], [("b", "c"), ("a", "b")]):
        stored = Stored()
        for change in order:
            stored.change(change)
        assert stored.roots() == {"a": "c", "b": "c", "c": "c", "d": "d", "e": "e"}


def test_what_is_split_takes_along_whom_was_merged_into_it():
    stored = Stored()
    for change in [("a", "b"), ("b", "c"), ("d", "c"), ("b", None)]:
        stored.change(change)
    assert stored.roots() == {"a": "b", "b": "b", "c": "c", "d": "c", "e": "e"}


def test_a_circle_has_one_root_and_a_split_opens_it():
    """One that was closed because a split comes late gives the held to the right one."""
    stored = Stored()
    for change in [("a", "b"), ("b", "a")]:
        stored.change(change)
    assert stored.roots()["a"] == stored.roots()["b"] == "a"
    stored.change(("a", None))
    assert (stored.roots()["a"], stored.roots()["b"]) == ("a", "a")
    assert stored.moves == [("a", "b"), ("b", "a")]


def test_a_customer_who_is_said_to_be_themselves_stays_a_root():
    stored = Stored()
    stored.change(("a", "a"))
    assert (stored.roots()["a"], stored.moves) == ("a", [])


def reference(changes: list[tuple[str, str | None]]) -> dict[str, str]:
    """The roots by the latest change of each alias."""
    latest = dict(changes)

    def root(name: str) -> str:
        way: list[str] = []
        while name not in way:
            way.append(name)
            if (to := latest.get(name)) is None:
                return name
            name = to
        return min(way[way.index(name) :])

    return {name: root(name) for name in NAMES}


@settings(max_examples=300, deadline=None, derandomize=True, database=None)
@given(CHANGES, st.randoms(use_true_random=False), st.integers(1, 4))
def test_the_roots_are_those_of_the_latest_changes_in_any_order_of_the_aliases_and_any_batches(changes, random, size):
    expected = reference(changes)
    queues = {name: [change for change in changes if change[0] == name] for name in NAMES}
    arriving = []
    while left := [queue for queue in queues.values() if queue]:
        arriving.append(random.choice(left).pop(0))
    stored = Stored()
    for start in range(0, len(arriving), size):
        stored.change(*arriving[start : start + size])
        holders = {alias for alias, root in stored.roots().items() if alias == root}
        assert set(stored.roots().values()) == holders  # a root is no alias
    assert stored.roots() == expected
