"""Guards of occasions, of gifts for who was away, and of orders that win."""

from mutants.mutation import Mutation

_DOMAIN = "services/loyalty/src/loyalty/domain"
_OCCASIONS = f"{_DOMAIN}/occasions.py"
_STORED = f"{_DOMAIN}/stored_orders.py"
_UNIT = "tests/unit/loyalty/domain/test_occasions.py"
_GIFTS = "tests/unit/loyalty/domain/test_gifts.py"
_DRAWS = "tests/integration/loyalty/draws/test_draws.py"
_DUE = "tests/integration/loyalty/draws/test_due.py"
_COUPONS = "tests/integration/loyalty/occasions/test_coupons.py"
_REMEMBERED = (
    "tests/unit/loyalty/domain/test_remembered.py::test_remembered_is_walked_with_occasions_and_orders_that_win",
)

MUTATIONS = (
    Mutation(
        "a-seed-is-chosen-once-entrants-are-known",
        "a period is drawn only under a seed that was stored before it began",
        f"{_DOMAIN}/timed_draws.py",
        "                stood = not draw.each or known <= begin",
        "                stood = True",
        ("tests/unit/loyalty/domain/test_timed_draws.py::test_what_began_before_the_draw_was_stored_is_not_drawn",),
    ),
    Mutation(
        "a-new-programme-takes-a-prize-away",
        "the programme that was in force just before the end of a draw pays its winners",
        "services/loyalty/src/loyalty/draws/due.py",
        "counts_at = from_us(draw.end - 1)",
        "counts_at = None",
        (f"{_DRAWS}::test_a_draw_of_each_week_is_held_by_itself_once_by_all_processes_within_its_budget",),
    ),
    Mutation(
        "a-draw-is-held-while-the-ledger-is-behind",
        "a draw is held once all that was recorded before its end is applied",
        "services/loyalty/src/loyalty/draws/due.py",
        "complete_until is None or due > complete_until",
        "complete_until is None",
        (f"{_DUE}::test_a_draw_waits_until_the_ledger_has_all_that_was_recorded_before_its_end",),
    ),
    Mutation(
        "the-ledger-is-complete-right-after-an-outage",
        "after an outage the ledger is not known to be complete before others had time to publish",
        "services/loyalty/src/loyalty/draws/ledger.py",
        " or applied < since + MARGIN",
        "",
        ("tests/unit/loyalty/draws/test_ledger.py",),
    ),
    Mutation(
        "a-failing-draw-takes-back-a-new-programme",
        "a shop whose rules changed while its draws were held is looked at again",
        "services/loyalty/src/loyalty/programme/draw_dues.py",
        "DELETE FROM draw_dues WHERE shop = $1 AND next_at = $2",
        "DELETE FROM draw_dues WHERE shop = $1 AND $2::timestamptz IS NOT NULL",
        (f"{_DUE}::test_a_programme_is_stored_while_a_draw_is_held_and_is_looked_at_afterwards",),
    ),
    Mutation(
        "a-birthday-is-paid-twice-in-a-year",
        "a date that was corrected is not paid again within a year",
        _OCCASIONS,
        "paid_at is not None and paid_at < day.at < paid_at + _A_YEAR",
        "paid_at is not None and paid_at == day.at + 1",
        (f"{_UNIT}::test_a_corrected_birthday_is_believed_but_not_paid_twice_in_a_year",),
    ),
    Mutation(
        "every-change-of-a-birthday-is-believed",
        "a date that has changed twice is not paid until the shop has looked at it",
        f"{_DOMAIN}/dates.py",
        "corrections > _BELIEVED",
        "corrections > _BELIEVED + 99",
        (f"{_UNIT}::test_a_birthday_that_changed_twice_waits_until_the_shop_has_confirmed_it",),
    ),
    Mutation(
        "dates-from-before-the-rule-are-paid",
        "what was told before a rule about it was stored is nothing that everybody kept",
        f"{_DOMAIN}/dates.py",
        " if fact.at >= since[COMPLETED]",
        "",
        (f"{_UNIT}::test_what_was_told_before_a_rule_about_it_was_stored_is_nothing_that_anybody_kept",),
    ),
    Mutation(
        "what-no-longer-follows-is-still-paid",
        "an occasion that a late fact moves is not paid twice",
        f"{_DOMAIN}/derived.py",
        "fact._replace(status=GONE) for fact",
        "fact for fact",
        (f"{_UNIT}::test_an_order_that_comes_late_moves_the_anniversary_and_takes_back_what_it_gave",),
    ),
    Mutation(
        "a-refunded-order-keeps-what-it-won",
        "an order loses what it won while it is worth too little",
        f"{_DOMAIN}/acts.py",
        "return (lot.won if step.cause in lot.restores else 0) - lot.given",
        "return lot.won - lot.given",
        (f"{_GIFTS}::test_an_order_loses_what_it_won_while_it_is_worth_too_little",),
    ),
    Mutation(
        "a-remembered-account-misses-its-occasion",
        "an account is walked when an occasion has come",
        _STORED,
        "    if past.has_occasion_by(now):\n        return True\n",
        "",
        _REMEMBERED,
    ),
    Mutation(
        "a-remembered-account-misses-that-an-order-wins",
        "an account is walked when an order with news may win",
        _STORED,
        "return have_surprises(programmes) and any(may_win(order_id, programmes) for order_id in news)",
        "return False",
        _REMEMBERED,
    ),
    Mutation(
        "a-history-that-comes-in-calls-everybody-back",
        "crossings of a history that comes in give nothing",
        "services/loyalty/src/loyalty/earning/apply.py",
        "    return event.type == AWAY and event.backfill",
        "    return False",
        (
            "tests/integration/loyalty/earning/test_gifts.py"
            "::test_a_crossing_of_a_history_that_comes_in_gives_nothing_and_neither_does_one_without_a_rule",
        ),
    ),
    Mutation(
        "gifts-for-the-absent-have-no-bound",
        "a gift for who has been away is paid out of a budget",
        "services/loyalty/src/loyalty/programme/document/gifts.py",
        "isinstance(rule, AwayOf) and rule.name not in budgeted",
        "isinstance(rule, AwayOf) and rule.name == ''",
        ("tests/contract/test_loyalty_manual.py",),
    ),
    Mutation(
        "a-coupon-goes-with-its-occasion",
        "a coupon of an occasion that was issued stays when the date turns out to be another",
        f"{_DOMAIN}/occasion_coupons.py",
        "(lot.coupons or not lot.reason)",
        "not lot.reason",
        (f"{_COUPONS}::test_a_coupon_that_was_issued_stays_when_the_birthday_turns_out_to_be_another",),
    ),
    Mutation(
        "a-merge-gives-a-coupon-again",
        "of two ids of a person, what one was given for an occasion is not given to the other",
        f"{_DOMAIN}/occasion_coupons.py",
        "                    tuple([UUID(id_) for id_ in lot.coupons]) or (lot.lot_id,),",
        "                    (lot.lot_id,),",
        (f"{_COUPONS}::test_of_two_ids_of_a_person_each_coupon_that_was_issued_stays_and_no_other_is_given",),
    ),
)
