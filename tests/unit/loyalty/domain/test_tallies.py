"""Tallies within some days: counted from the thing that changed on, they are what they are when counted whole."""

from collections.abc import Mapping, Sequence

from hypothesis import given
from hypothesis import strategies as st

from builders.challenges import challenge
from loyalty.domain.challenge_rules import ALL_PRODUCTS, CATEGORIES, OF_WORDS, ORDERS, SPEND, Challenge, Goal
from loyalty.domain.spans import ROLLING, Span
from loyalty.domain.tallies import Worth, tally_of
from mandegar.quantities import DAY_US

DAYS = 10
Things = Mapping[str, tuple[int, Worth]]
# Things that count for so much from a day on, or no more; whether it is then asked how often they complete it.
puts = st.lists(
    st.tuples(
        st.sampled_from("uvwxyz"),
        st.none() | st.tuples(st.integers(1, 6), st.frozensets(st.sampled_from("abcd"), min_size=1)),
        st.booleans(),
    ),
    max_size=25,
)
DAY_OF = {thing: day * DAY_US for thing, day in zip("uvwxyz", (0, 3, 9, 10, 11, 25), strict=True)}


def rolling(kind: str, target: int, times: int, words: str = "abc") -> Challenge:
    goal = Goal(kind, target, words=frozenset(words) if kind == ALL_PRODUCTS else frozenset())
    return challenge("c", goal, within=Span(ROLLING, days=DAYS), times=times)


def counted_whole(of: Challenge, things: Things) -> int:
    """How often things complete a challenge, each looked at together with all that are open."""
    open_: list[tuple[int, Worth]] = []
    found = 0
    for at, _, worth in sorted((at, name, worth) for name, (at, worth) in things.items()):
        open_ = [each for each in open_ if each[0] > at - DAYS * DAY_US]
        open_.append((at, worth))
        if found < of.times and together(of, [each for _, each in open_]) >= of.goal.target:
            open_, found = [], found + 1
    return found


def together(of: Challenge, worths: Sequence[Worth]) -> int:
    if of.goal.kind not in OF_WORDS:
        return sum(worth for worth in worths if isinstance(worth, int))
    words = {word for worth in worths if isinstance(worth, frozenset) for word in worth}
    return len(words & of.goal.words if of.goal.words else words)


@given(st.sampled_from([ORDERS, SPEND, CATEGORIES, ALL_PRODUCTS]), st.integers(1, 9), st.integers(1, 4), puts)
def test_completions_are_those_of_things_that_are_counted_whole_after_every_change(kind, target, times, changes):
    of = rolling(kind, 3 if kind == ALL_PRODUCTS else min(target, 4) if kind == CATEGORIES else target, times)
    tally, things = tally_of(of), dict[str, tuple[int, Worth]]()
    for name, counts, is_asked in changes:
        worth = None if counts is None else counts[1 if kind in OF_WORDS else 0]
        tally.put(name, DAY_OF[name], worth)
        things.pop(name, None)
        if worth is not None:
            things[name] = (DAY_OF[name], worth)
        if is_asked:
            assert tally.completions == counted_whole(of, things)
    assert tally.completions == counted_whole(of, things)


def test_words_that_a_new_version_asks_for_are_missing_also_where_others_had_counted():
    before, after = (rolling(ALL_PRODUCTS, 2, 1, words) for words in ("ab", "ac"))
    tally = tally_of(before)
    tally.put("o1", 0, frozenset("b"))
    assert (tally.completions, tally.progress(before, 1, None).words) == (0, {"b"})
    assert tally.progress(after, 1, None)[:2] == (0, frozenset())
    tally.challenge = after
    tally.put("o2", DAY_US, frozenset("a"))
    assert (tally.completions, tally.progress(after, DAY_US, None).words) == (0, {"a"})
    tally.put("o3", 2 * DAY_US, frozenset("c"))
    assert tally.completions == 1
