"""Guards of what is remembered of accounts between two settlings."""

from mutants.mutation import Mutation

_LOYALTY = "services/loyalty/src/loyalty"
_FORWARD = f"{_LOYALTY}/domain/forward.py"
_REMEMBERED = f"{_LOYALTY}/domain/remembered.py"
_PROPERTY = "tests/unit/loyalty/domain/test_remembered.py"
_STORED = "tests/integration/loyalty/account/test_remembered.py"

MUTATIONS = (
    Mutation(
        "late-news-are-taken-for-the-newest",
        "news before the tail are settled with the orders behind them",
        _FORWARD,
        "    if needed < begin:",
        "    if False:",
        (_PROPERTY,),
    ),
    Mutation(
        "a-change-of-a-closed-order-changes-no-tier",
        "news before the tail are settled with the orders behind them",
        _FORWARD,
        "            if linked or lot.earned_at != mark.earned_at:",
        "            if False:",
        (_PROPERTY,),
    ),
    Mutation(
        "the-highest-tier-was-held-whatever-left-the-window",
        "a late payment is absorbed only where the highest tier was always held",
        f"{_LOYALTY}/domain/spend.py",
        "        elif not is_held or turn.before < line:",
        "        elif not is_held:",
        (_PROPERTY,),
    ),
    Mutation(
        "remembered-under-other-rules",
        "what is remembered holds under the rules it was computed with",
        _REMEMBERED,
        "            self.rules == rules_until(programmes, zones, self.settled_at)",
        "            True",
        (_PROPERTY,),
    ),
    Mutation(
        "a-version-that-begins-is-passed-over",
        "what is remembered holds under the rules it was computed with",
        _FORWARD,
        "    if next_version is not None and next_version <= tail.now:",
        "    if False:",
        (_PROPERTY,),
    ),
    Mutation(
        "remembered-before-another-process-settled",
        "what is remembered holds for one version and instant",
        _REMEMBERED,
        "(self.meaning, self.version, self.settled_at) == (MEANING, version, settled_at)",
        "self.meaning == MEANING",
        (f"{_STORED}::test_what_a_process_of_the_release_before_wrote_is_walked",),
    ),
    Mutation(
        "a-batch-walks-a-giant",
        "a long walk is left to the lane beside",
        f"{_LOYALTY}/account/post.py",
        "    needs_longer([key for key in keys if counts[key] > WALKED_MAX])",
        "    pass",
        (f"{_STORED}::test_a_walk_of_many_orders_is_left_to_the_lane_beside",),
    ),
    Mutation(
        "a-tier-is-held-since-the-version-at-the-earliest",
        "a tier that an order of the instant of a new version keeps",
        _FORWARD,
        "tail.begin <= programme.effective_from or",
        "tail.begin < programme.effective_from or",
        ("tests/unit/loyalty/domain/test_remembered.py::test_remembered_is_walked",),
    ),
    Mutation(
        "news-from-before-a-programme-of-one-tier-change-no-other-order",
        "tiers of an earlier programme",
        _FORWARD,
        "fact.at < programme.effective_from or (linked and",
        "(linked and",
        (
            "tests/unit/loyalty/domain/test_remembered.py"
            "::test_a_late_refund_from_before_a_programme_without_tiers_takes_the_tier_that_another_order_had_then",
        ),
    ),
)
