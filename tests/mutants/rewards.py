"""Guards of rewards: what a catalogue may say, and who can have what."""

from mutants.mutation import Mutation

_DOMAIN = "services/loyalty/src/loyalty/domain/rewards.py"
_DOMAIN_TESTS = ("tests/unit/loyalty/domain/test_rewards.py",)
_DOCUMENT = "services/loyalty/src/loyalty/rewards/document.py"
_DOCUMENT_TESTS = ("tests/unit/loyalty/rewards/test_document.py",)
_COUPONS = "tests/integration/loyalty/coupons/test_coupons.py"
_BACK = "tests/integration/loyalty/coupons/test_coupons_back.py"
_COUPON_DOMAIN = "services/loyalty/src/loyalty/domain/coupons.py"
_COUPON_ROWS = "services/loyalty/src/loyalty/coupons/rows.py"
_GUESSES = "services/loyalty/src/loyalty/guessing.py"
_REWARDS = "tests/integration/loyalty/redemptions/test_rewards.py"
_TILL = "tests/integration/loyalty/tills/test_till.py"
_UNKNOWN = "tests/integration/loyalty/tills/test_unknown_customers.py"

MUTATIONS = (
    Mutation(
        "a-reward-has-a-negative-price",
        "a price is at least 0",
        _DOCUMENT,
        "    price: Annotated[WholeNumber, Field(ge=0, le=POINTS_MAX)]",
        "    price: WholeNumber",
        _DOCUMENT_TESTS,
    ),
    Mutation(
        "two-rewards-have-one-name",
        "a name is that of one reward",
        _DOCUMENT,
        "            if name in names[:place]",
        "            if False",
        _DOCUMENT_TESTS,
    ),
    Mutation(
        "points-that-expire-before-are-promised",
        "what expires before a hold ends is not usable then",
        _DOMAIN,
        "        while expiring and expiring[0][0] <= at:",
        "        while False:",
        _DOMAIN_TESTS,
    ),
    Mutation(
        "a-limit-counts-what-was-long-ago",
        "a use counts for the days of the limit",
        _DOMAIN,
        "[at for at in taken if at > now - limit.days * DAY_US]",
        "taken",
        _DOMAIN_TESTS,
    ),
    Mutation(
        "a-coupon-is-used-twice",
        "a coupon is locked while it is used",
        _COUPON_ROWS,
        '_LOCKED = f"{_BY_ID} FOR UPDATE"',
        "_LOCKED = _BY_ID",
        (f"{_COUPONS}::test_of_many_who_come_at_once_one_uses_the_coupon",),
    ),
    Mutation(
        "a-used-coupon-is-used-for-another-order",
        "the same order alone is answered again",
        _COUPON_DOMAIN,
        "order_id is not None and coupon.used_for == order_id",
        "True",
        ("tests/unit/loyalty/domain/test_coupons.py",),
    ),
    Mutation(
        "codes-are-guessed-without-end",
        "above the limit no code is looked up",
        _GUESSES,
        'if counters["misses"] > limits.own:',
        "if False:",
        (
            f"{_COUPONS}::test_guessing_ends_and_holds_over_processes_until_the_minute_is_over",
            f"{_UNKNOWN}::test_numbers_and_ids_of_nobody_are_tried_up_to_a_limit",
        ),
    ),
    Mutation(
        "one-till-locks-out-all-tills",
        "what one token tries above its limit does not count for the shop",
        _GUESSES,
        " WHERE own.misses <= $6",
        "",
        (f"{_UNKNOWN}::test_one_till_that_tries_without_end_keeps_no_other_from_its_customers",),
    ),
    Mutation(
        "the-audit-has-codes",
        "a secret in a path does not reach the audit",
        "libs/shared/src/mandegar/web/acts.py",
        "        if name in SECRET_PARAMETERS:",
        "        if False:",
        (f"{_COUPONS}::test_no_code_reaches_logs_the_audit_metrics_or_topics",),
    ),
    Mutation(
        "a-rebuild-gives-the-codes-of-the-erased-again",
        "codes that erased customers had are not given again",
        "services/loyalty/src/loyalty/coupons/rebuild.py",
        "        await mark_given(connection, given, now)",
        "        pass",
        (f"{_COUPONS}::test_a_rebuild_gives_no_code_again_that_an_erased_customer_had",),
    ),
    Mutation(
        "more-is-sold-than-there-is",
        "the stock of a reward is locked while it is counted",
        "services/loyalty/src/loyalty/rewards/offers.py",
        "        if limited and (ended := await lock_stocks(connection, shop, limited, now)):",
        "        if limited and (ended := []):",
        (f"{_REWARDS}::test_two_processes_never_sell_more_than_there_is",),
    ),
    Mutation(
        "a-reservation-that-was-given-away-is-confirmed",
        "what another clock gave to somebody else is not confirmed",
        "services/loyalty/src/loyalty/redemptions/finish.py",
        "if state == RESERVED and self.gift is not None and self.gift.take.state == EXPIRED:",
        "if False:",
        (f"{_REWARDS}::test_a_reservation_that_another_clock_gave_away_is_not_confirmed",),
    ),
    Mutation(
        "a-cancelled-reward-keeps-its-code",
        "a code goes back to its pool",
        "services/loyalty/src/loyalty/rewards/gifts.py",
        "    if change == CANCELLED:",
        "    if False:",
        (f"{_REWARDS}::test_codes_of_a_pool_are_reserved_given_back_and_given",),
    ),
    Mutation(
        "an-alias-takes-again",
        "what aliases took counts for the limits of their roots",
        "libs/shared/src/mandegar/customers/rows_follow.py",
        "[root.customer_id for _, root in merged]",
        "[alias.customer_id for alias, _ in merged]",
        (f"{_REWARDS}::test_a_limit_counts_what_an_alias_took_and_the_erased_take_nothing_back",),
    ),
    Mutation(
        "a-till-code-redeems-twice",
        "a code is used up in the transaction that redeems with it",
        "services/loyalty/src/loyalty/tills/redeem.py",
        "if self.stored is None and self.used.get(self.code_id) is not None:",
        "if False:",
        (f"{_TILL}::test_one_code_redeems_once_in_two_processes",),
    ),
    Mutation(
        "a-till-code-is-tried-without-end",
        "a code is tried five times",
        "services/loyalty/src/loyalty/tills/check.py",
        'row["expires_at"] > now and row["tries"] < TRIES',
        'row["expires_at"] > now',
        (f"{_TILL}::test_a_code_is_tried_five_times_and_lasts_three_minutes",),
    ),
    Mutation(
        "a-customer-gets-any-number-of-codes",
        "a customer gets ten codes an hour",
        "services/loyalty/src/loyalty/tills/issue.py",
        "    if len(issued) >= PER_HOUR:",
        "    if False:",
        (f"{_TILL}::test_a_customer_gets_ten_codes_an_hour",),
    ),
    Mutation(
        "a-coupon-of-an-undone-order-is-gone",
        "a coupon comes back when its order is cancelled or wholly refunded, if its reward says so",
        "services/loyalty/src/loyalty/redemptions/come_back.py",
        "    if orders.undone:",
        "    if False:",
        (f"{_BACK}::test_it_comes_back_from_an_order_that_is_undone",),
    ),
    Mutation(
        "any-coupon-comes-back",
        "a coupon comes back only if its reward says so",
        "services/loyalty/src/loyalty/coupons/use_rows.py",
        "        WHERE c.terms -> 'back_on_cancel' = 'true' ORDER BY",
        "        ORDER BY",
        (f"{_BACK}::test_without_a_word_of_its_reward_it_stays_used",),
    ),
    Mutation(
        "a-late-repetition-uses-a-coupon-up",
        "a coupon that came back from an order is not used for it again",
        "services/loyalty/src/loyalty/coupons/redeem.py",
        "    if is_owner and order_id is not None and order_id in returns.values():",
        "    if False:",
        (f"{_BACK}::test_it_comes_back_from_an_order_that_is_undone",),
    ),
    Mutation(
        "an-ended-reservation-takes-a-code-back",
        "a code that was reserved again stays with the later redemption, whatever a rebuild reads first",
        _COUPON_ROWS,
        "AND own.taken_at < later.taken_at",
        "AND own.taken_at > later.taken_at",
        (f"{_REWARDS}::test_a_code_that_was_reserved_again_stays_with_the_later_customer_in_any_order_of_a_rebuild",),
    ),
)
