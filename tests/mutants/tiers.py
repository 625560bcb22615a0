"""Guards of tiers that are not plain: what was reached, until when it is held, what a refund takes of it."""

from mutants.mutation import Mutation

_DOMAIN = "services/loyalty/src/loyalty/domain"
_REACHED = f"{_DOMAIN}/reached.py"
_TESTS = "tests/unit/loyalty/domain/test_tiers.py"

MUTATIONS = (
    Mutation(
        "a-refund-leaves-what-was-reached",
        "a refund lowers what was reached, also where no tier is ever lost",
        _REACHED,
        "        if position < len(self._values):",
        "        if False:",
        (f"{_TESTS}::test_a_refund_lowers_a_tier_that_is_never_lost",),
    ),
    Mutation(
        "a-lower-order-shortens-a-tier",
        "of each level the last instant counts at which it was reached",
        f"{_DOMAIN}/span_sums.py",
        "(highest[2 * node + 1] >= line)",
        "(highest[2 * node] < line)",
        (f"{_TESTS}::test_the_tier_is_the_one_by_definition", _TESTS),
    ),
    Mutation(
        "grace-counts-for-the-new-period-alone",
        "what happens in the grace of a period counts in it",
        _REACHED,
        "        return (number, number - 1) if in_grace else (number,)",
        "        return (number,)",
        (f"{_TESTS}::test_an_order_in_the_grace_counts_for_the_term_before_it",),
    ),
    Mutation(
        "tiers-of-another-kind-go-on-from-spend",
        "an account whose tiers are not plain is walked",
        f"{_DOMAIN}/account.py",
        "        if timeline.programme.qualifying is not None:\n            return None",
        "        if False:\n            return None",
        ("tests/integration/loyalty/account/test_tiers.py",),
    ),
    Mutation(
        "points-brought-along-are-earned",
        "what was brought along is no merit",
        _REACHED,
        "            return 0 if isinstance(lot, BroughtLot) else lot.given",
        "            return lot.given",
        (f"{_TESTS}::test_what_was_brought_along_reaches_no_tier",),
    ),
)
