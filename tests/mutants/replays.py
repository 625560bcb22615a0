"""Guards of replays, of what they look at before a programme is stored, and of those in the shadow."""

from mutants.mutation import Mutation

_ROWS = "services/loyalty/src/loyalty/replays/rows.py"
_TESTS = "tests/integration/loyalty/replays/test_replays.py"

_BUDGETS = "services/loyalty/src/loyalty/comparing/budgets.py"
_GUARD = "services/loyalty/src/loyalty/publishing/guard.py"
_SHADOWS = "services/loyalty/src/loyalty/publishing/shadow_rows.py"
_PUBLISHING = "tests/integration/loyalty/publishing/test_publishing.py"
_UNIT = "tests/unit/loyalty/comparing/test_budgets.py"

MUTATIONS = (
    Mutation(
        "a-replayed-budget-gives-more-than-it-has",
        "budgets of a replay",
        _BUDGETS,
        "points = min(more, max(most - self._used[period], 0))",
        "points = more",
        (_UNIT,),
    ),
    Mutation(
        "a-replayed-budget-is-given-in-order-of-arrival",
        "a replay is the same for any order of arrival",
        _BUDGETS,
        '" ORDER BY pot, more > 0, acted_at, customer, act"',
        '" ORDER BY pot, more > 0"',
        (_UNIT,),
    ),
    Mutation(
        "a-programme-whose-guards-break-is-stored",
        "guards of a programme",
        _GUARD,
        "        if not look.broken:\n            return\n",
        "        return\n",
        (f"{_PUBLISHING}::test_a_broken_guard_is_told_with_its_figures_and_looked_at_again_an_hour_later",),
    ),
    Mutation(
        "guards-hold-for-ever",
        "a verdict about guards is good for a day",
        _GUARD,
        "document, now - HOLDS)",
        "document, now - 9 * HOLDS)",
        (f"{_PUBLISHING}::test_what_held_yesterday_is_looked_at_again",),
    ),
    Mutation(
        "a-promoted-shadow-goes-on",
        "a shadow ends when it is promoted",
        _SHADOWS,
        "SET promoted_version = $3, next_at = NULL WHERE",
        "SET promoted_version = $3 WHERE",
        (f"{_PUBLISHING}::test_a_shadow_counts_what_comes_from_now_on_and_is_promoted",),
    ),
    Mutation(
        "the-erased-come-back-with-a-replay",
        "nothing of the erased",
        _ROWS,
        " AND erased_at IS NULL",
        "",
        (f"{_TESTS}::test_of_a_customer_who_is_erased_meanwhile_nothing_is_stored",),
    ),
)
