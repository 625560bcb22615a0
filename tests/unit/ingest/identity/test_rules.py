"""Whoever merges into whom, in any order, the aliases stay a forest whose roots are not less than their aliases."""

from hypothesis import given
from hypothesis import strategies as st

from ingest.domain.order_owner import ACCOUNT, rank
from ingest.identity.rules import Standing, verdict

IDS = st.sampled_from(["c-1", "c-2", "c-3", "g_1", "g_2", "a_1", "a_2"])
BY = st.sampled_from(["browser", "address", "statement", "request"])


def end(customer: str, roots: dict[str, str]) -> str:
    for _ in range(len(roots) + 1):
        if customer not in roots:
            return customer
        customer = roots[customer]
    raise AssertionError("a circle")


@given(st.lists(st.tuples(IDS, IDS, BY, st.booleans()), max_size=30))
def test_merges_end_at_one_root_of_at_least_the_same_rank(wishes):
    roots: dict[str, str] = {}
    for alias, customer, by, seen in wishes:
        root, before = end(customer, roots), dict(roots)
        standing = Standing(end(alias, roots) if alias in roots else None, 0, seen, frozenset({root}))
        if verdict(alias, root, by, standing) == "merge":
            roots[alias] = root
            assert alias not in before
            assert by == "request" or rank(alias) < ACCOUNT
    for alias in roots:
        assert rank(end(alias, roots)) >= rank(alias)


@given(IDS, IDS, BY)
def test_the_same_merge_again_changes_nothing(alias, root, by):
    assert verdict(alias, root, by, Standing(root, 1)) == ("already" if alias != root else "itself")


@given(st.sampled_from(["g_1", "a_1"]), st.sampled_from(["browser", "address", "statement"]))
def test_what_was_split_by_hand_merges_by_hand_alone(alias, by):
    split = Standing(None, 2, True, frozenset({"c-1"}))
    assert verdict(alias, "c-1", by, split) == "apart"
    assert verdict(alias, "c-1", "request", split) == "merge"


@given(st.frozensets(IDS, max_size=3), st.booleans())
def test_an_address_merges_the_guest_who_acted_into_the_only_one_who_has_it(accounts, seen):
    is_ = verdict("g_1", "c-1", "address", Standing(None, 0, seen, accounts))
    assert (is_ == "merge") == (seen and accounts == {"c-1"})
