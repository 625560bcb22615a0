"""Guards of merged accounts: nothing counts twice, nothing is told twice, an alias holds nothing."""

from mutants.mutation import Mutation

_LOYALTY = "services/loyalty/src/loyalty"
_ACCOUNT = f"{_LOYALTY}/domain/account.py"
_SETTLED = f"{_LOYALTY}/domain/settled.py"
_MERGE = f"{_LOYALTY}/account/merge.py"
_TESTS = "tests/integration/loyalty/account/test_merge.py"
_REBUILT = "tests/integration/loyalty/account/test_rebuild_merge.py"

MUTATIONS = (
    Mutation(
        "a-root-goes-on-counting-from-its-own-version",
        "the version after a merge is above all that was published of either",
        _ACCOUNT,
        "        self.version = max(self.version, taken.version)",
        "        pass",
        (f"{_TESTS}::test_a_reader_of_the_topic_ends_right_whenever_it_hears_of_the_merge",),
    ),
    Mutation(
        "a-tier-is-told-again-under-the-other-id",
        "what an alias was told is not told again",
        _ACCOUNT,
        "        if self.told:",
        "        if False:",
        (f"{_TESTS}::test_who_was_told_of_a_tier_as_an_alias_is_not_told_again",),
    ),
    Mutation(
        "an-expiry-is-told-again-under-the-other-id",
        "what an alias was told is not told again",
        _ACCOUNT,
        "        self.warned |= taken.warned",
        "        pass",
        (f"{_TESTS}::test_what_is_remembered_of_a_root_knows_what_an_alias_was_told",),
    ),
    Mutation(
        "a-move-within-one-person-takes-the-order",
        "an order that moved between two who are one stays",
        _MERGE,
        "                    found[root].add(fact.event_id)",
        "                    pass",
        (f"{_TESTS}::test_an_order_that_moved_within_one_person_stays",),
    ),
    Mutation(
        "a-late-move-within-one-person-takes-the-order",
        "an order that moved between two who are one stays",
        "libs/shared/src/mandegar/customers/moved_orders.py",
        "if roots.get(to, to) == customer)",
        "if False)",
        (f"{_TESTS}::test_an_order_that_moved_within_one_person_stays",),
    ),
    Mutation(
        "an-alias-is-settled",
        "an alias holds nothing",
        f"{_LOYALTY}/account/rows.py",
        "    WHERE c.merged_into IS NULL\n",
        "",
        (f"{_TESTS}::test_an_alias_for_whom_a_settling_waits_is_not_settled",),
    ),
    Mutation(
        "the-entries-of-an-alias-are-counted-from-the-start-again",
        "the ids of entries that were taken back are not given again",
        f"{_LOYALTY}/account/close.py",
        "order.changed = [], None, bool(order.posted)",
        "order.changed = [], None, False",
        (f"{_TESTS}::test_after_a_split_an_alias_begins_anew_and_comes_back_with_it",),
    ),
    Mutation(
        "a-merge-of-any-size-is-applied-in-the-batch",
        "a merge of many orders is left to the lane beside",
        _MERGE,
        "    needs_longer(root for root, orders in counts.items() if orders > WALKED_MAX)\n",
        "",
        (f"{_TESTS}::test_a_merge_of_many_orders_is_left_to_the_lane_beside",),
    ),
    Mutation(
        "history-of-an-alias-is-announced-at-the-merge",
        "nothing is announced while history comes in",
        _MERGE,
        "max(account.backfill_until or 0 for account in aliases) or None",
        "None",
        (f"{_TESTS}::test_history_that_is_coming_in_for_an_alias_is_waited_for",),
    ),
    Mutation(
        "an-alias-that-was-not-closed-stays-open-after-a-rebuild",
        "an alias holds nothing",
        f"{_LOYALTY}/account/rebuild_merges.py",
        "            if not roots:\n",
        "            if True:\n",
        (f"{_REBUILT}::test_what_the_lost_database_had_not_told_of_a_merge_is_told_after_the_rebuild",),
    ),
    Mutation(
        "warnings-of-an-alias-are-lost-in-a-rebuild",
        "what an alias was told is not told again",
        f"{_LOYALTY}/account/rebuild.py",
        "            warned[root].update(_warned(account, closed, now))\n",
        "",
        (f"{_REBUILT}::test_the_warnings_of_an_alias_come_back_with_the_root",),
    ),
    Mutation(
        "moves-of-orders-that-are-not-read-are-left",
        "an order that moved between two who are one stays",
        _SETTLED,
        "        return bool(self.warned or self.moves)",
        "        return bool(self.warned)",
        (f"{_TESTS}::test_an_order_of_many_that_moved_within_one_person_stays",),
    ),
    Mutation(
        "what-is-remembered-holds-with-warnings-of-an-alias",
        "what is remembered is what a walk finds",
        _SETTLED,
        "        return bool(self.warned or self.moves)",
        "        return False",
        (f"{_TESTS}::test_what_is_remembered_of_a_root_knows_what_an_alias_was_told",),
    ),
)
