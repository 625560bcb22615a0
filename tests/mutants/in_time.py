"""Guards of what is told of other instants: warnings of a drop, projections, the two clocks of a ledger."""

from mutants.mutation import Mutation

_LOYALTY = "services/loyalty/src/loyalty"
_AT_RISK = f"{_LOYALTY}/domain/at_risk.py"
_AHEAD = f"{_LOYALTY}/domain/ahead.py"
_RISK_TESTS = "tests/integration/loyalty/account/test_at_risk.py"
_ROUTE_TESTS = "tests/integration/loyalty/projection/test_projection_routes.py"
_CLOCK_TESTS = "tests/integration/loyalty/account/test_balance_in_time.py"

MUTATIONS = (
    Mutation(
        "a-drop-is-announced-with-each-settling",
        "a drop is announced once",
        _AT_RISK,
        "    if drop is None or warning is None or told is not None:",
        "    if drop is None or warning is None:",
        (f"{_RISK_TESTS}::test_the_warning_comes_once_with_what_is_missing_and_the_drop_after_it",),
    ),
    Mutation(
        "a-drop-that-no-longer-comes-is-left-announced",
        "a warning is taken back when the drop no longer comes",
        _AT_RISK,
        "        if told > now:",
        "        if False:",
        (f"{_RISK_TESTS}::test_an_order_that_suffices_takes_the_warning_back_and_a_refund_brings_it_again",),
    ),
    Mutation(
        "history-announces-old-drops",
        "a warning that was due while history came in is given at most a day late",
        _AT_RISK,
        "    if has_news or since is None or due_at > since or now - due_at <= LATE:",
        "    if True:",
        (f"{_RISK_TESTS}::test_history_announces_no_drop_that_was_near_long_before",),
    ),
    Mutation(
        "a-drop-is-announced-again-under-the-other-id",
        "what an alias was told is not told again",
        f"{_LOYALTY}/domain/account.py",
        "            self.at_risk = taken.at_risk",
        "            pass",
        (f"{_RISK_TESTS}::test_who_was_told_under_another_id_is_not_told_again",),
    ),
    Mutation(
        "a-rebuild-forgets-who-was-warned",
        "what was announced is not announced again after a rebuild",
        f"{_LOYALTY}/account/rebuild.py",
        "    return told[-1].until if told[-1].at_risk else None",
        "    return None",
        (f"{_RISK_TESTS}::test_a_rebuild_does_not_tell_again",),
    ),
    Mutation(
        "a-projection-goes-on-behind-what-was-read",
        "a projection ends where the orders end that were read",
        f"{_LOYALTY}/account/ahead_rows.py",
        "    reach = until if due is None else min(until, due - 1)",
        "    reach = until",
        (f"{_ROUTE_TESTS}::test_no_more_is_read_than_a_way_may_read",),
    ),
    Mutation(
        "a-tier-ends-with-an-order-behind-those-that-were-read",
        "where a tier ends is told by orders that were read without a gap",
        _AHEAD,
        "            and search.left <= order.mark.earned_at <= self._paid_to",
        "            and search.left <= order.mark.earned_at",
        (f"{_ROUTE_TESTS}::test_an_account_whose_orders_were_read_with_gaps_does_not_guess_where_its_tier_ends",),
    ),
    Mutation(
        "a-projection-forgets-a-drop-behind-its-end",
        "what warns of a drop is read as far ahead as it is warned of",
        f"{_LOYALTY}/account/ahead_rows.py",
        "    paid_to = reach - programme.window + lead",
        "    paid_to = reach - programme.window",
        (f"{_ROUTE_TESTS}::test_a_drop_behind_the_end_is_warned_of_before_it",),
    ),
    Mutation(
        "a-tier-that-ends-behind-the-orders-is-nothing-to-come",
        "a tier whose end was not read ends all the same",
        _AHEAD,
        "        if half.search is not None and falls is None:",
        "        if False:",
        (f"{_ROUTE_TESTS}::test_the_end_of_a_tier_is_something_that_is_due",),
    ),
    Mutation(
        "what-was-known-then-includes-what-came-later",
        "an answer as it was known at an instant never changes",
        f"{_LOYALTY}/account/instant_rows.py",
        " AND ($4::timestamptz IS NULL OR posted_at <= $4)",
        " AND ($4::timestamptz IS NULL OR true)",
        (f"{_CLOCK_TESTS}::test_a_late_order_counts_from_its_own_time_on_and_what_was_known_before_stays",),
    ),
    Mutation(
        "a-club-page-goes-by-the-rules-that-happen-to-be-read",
        "a read of one round trip has all rules of the shop, or another read is taken",
        f"{_LOYALTY}/programme/rows.py",
        "        if key not in compiled:\n            return None",
        "        if key not in compiled:\n            continue",
        ("tests/integration/loyalty/club/test_club.py::test_a_process_that_has_not_read_the_programme_reads_it",),
    ),
    Mutation(
        "an-id-in-a-statement-is-markup",
        "what a shop calls its orders is text on the page",
        f"{_LOYALTY}/statement/page.py",
        "<bdi dir=ltr>{escape(shown)}</bdi>",
        "<bdi dir=ltr>{shown}</bdi>",
        ("tests/integration/loyalty/statement/test_statement.py::test_names_that_are_markup_are_text",),
    ),
)
