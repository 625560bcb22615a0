"""Guards of credit in money: no unit gives for another, and none is counted as another."""

from mutants.mutation import Mutation

_LOYALTY = "services/loyalty/src/loyalty"
_TESTS = ("tests/integration/loyalty/credit/test_credit.py",)
_STORE = "tests/integration/loyalty/credit/test_store_credit.py"
_TOGETHER = "tests/integration/loyalty/adjustments/test_together.py"

MUTATIONS = (
    Mutation(
        "credit-repays-points",
        "what is owed in points is not repaid with credit",
        f"{_LOYALTY}/domain/timeline.py",
        "            owed = _earn_credit(credit, lot, step, owed, ",
        "            debt = _earn_credit(credit, lot, step, debt, ",
        ("tests/unit/loyalty/domain/test_credit_properties.py",),
    ),
    Mutation(
        "credit-goes-beyond-its-cap",
        "an order earns no more credit than the caps leave",
        f"{_LOYALTY}/domain/timeline.py",
        "        difference = judge.room(lot, difference, rules.caps)",
        "        pass",
        ("tests/unit/loyalty/domain/test_credit_properties.py",),
    ),
    Mutation(
        "a-cap-on-points-counts-credit",
        "a cap counts what the lot of its own unit was given",
        f"{_LOYALTY}/domain/timeline.py",
        "            earned = lot.credit.given\n",
        "            earned = before = lot.credit.given\n",
        ("tests/unit/loyalty/domain/test_credit_properties.py",),
    ),
    Mutation(
        "money-is-booked-as-points",
        "entries of credit are of kinds of their own",
        f"{_LOYALTY}/domain/units.py",
        "    return _OF_CREDIT + kind if order_id.startswith(_CREDIT) else kind",
        "    return kind",
        _TESTS,
    ),
    Mutation(
        "credit-has-no-second-person",
        "a programme that limits points and not credit lets nobody move credit alone",
        f"{_LOYALTY}/programme/document/version_2.py",
        "            second_person_above_credit=None if self.adjustments is None else self.adjustments.credit,",
        "            second_person_above_credit=None,",
        (f"{_STORE}::test_above_its_limit_credit_waits_for_a_second_person_and_always_where_only_points_have_one",),
    ),
    Mutation(
        "a-rolled-back-decision-stands",
        "a command whose first decision was rolled back is decided from the beginning",
        f"{_LOYALTY}/till/apply.py",
        "        by_class = await _load(commands, connection)  # what was decided is rolled back, and decided again\n",
        "        pass\n",
        (f"{_STORE}::test_an_approval_that_is_decided_again_because_the_account_is_long_moves_the_credit",),
    ),
    Mutation(
        "a-code-is-good-for-any-credit",
        "a one-time code is good for the credit that it was asked for",
        f"{_LOYALTY}/tills/check.py",
        '    if (row["points"], row["reward"], row["credit"]) != wanted:',
        '    if (row["points"], row["reward"]) != wanted[:2]:',
        (
            "tests/integration/loyalty/tills/test_till.py::test_credit_is_spent_with_a_code_alone_and_pays_an_order_beside_points",
        ),
    ),
    Mutation(
        "credit-comes-back-twice",
        "of a refund, credit comes back once",
        f"{_LOYALTY}/redemptions/proportion.py",
        "        due_credit = max((row.credit or 0) - credit - row.credit_returned, 0)",
        "        due_credit = max((row.credit or 0) - credit, 0)",
        _TESTS,
    ),
    Mutation(
        "a-fraction-of-a-coin-comes-back",
        "credit comes back in whole coins",
        f"{_LOYALTY}/redemptions/proportion.py",
        "order.net, max(totals), coin)",
        "order.net, max(totals))",
        _TESTS,
    ),
    Mutation(
        "a-refund-raises-what-its-order-earns",
        "a refund gives an order nothing that a cap refused",
        f"{_LOYALTY}/domain/ceiling.py",
        "    return POINTS_MAX if order.judged is step else lot.ceiling",
        "    return POINTS_MAX",
        ("tests/unit/loyalty/domain/test_refunds_never_raise.py",),
    ),
    Mutation(
        "a-corrected-refund-raises-what-its-order-earns",
        "an order is held against what it earned when it was judged last, not against the step before",
        f"{_LOYALTY}/domain/ceiling.py",
        "    last = order.judged\n",
        "    last = ([None, *order.steps])[order.steps.index(step)]\n",
        ("tests/unit/loyalty/domain/test_refunds_never_raise.py",),
    ),
    Mutation(
        "what-the-old-law-gave-stays",
        "what was remembered of accounts under another law is not used",
        f"{_LOYALTY}/domain/remembered.py",
        "MEANING = 6",
        "MEANING = 5",
        ("tests/unit/loyalty/domain/test_refunds_never_raise.py",),
    ),
    Mutation(
        "small-amounts-need-no-second-person",
        "what one person gives a customer within a day is held against the limit together",
        f"{_LOYALTY}/adjustments/adjust.py",
        "        return abs(row.amount + sum(before))",
        "        return abs(row.amount)",
        (f"{_TOGETHER}::test_an_amount_in_small_parts_needs_a_second_person_as_the_whole_does",),
    ),
    Mutation(
        "a-transaction-gets-around-the-limit",
        "adjustments of one transaction are held against the limit together",
        f"{_LOYALTY}/adjustments/adjust.py",
        "        self.alone.append(row)\n",
        "",
        (f"{_TOGETHER}::test_parts_that_come_in_one_transaction_are_held_against_the_limit_together",),
    ),
    Mutation(
        "a-key-of-the-erased-makes-the-same-id",
        "what is made under a key of somebody who was erased has an id of its own",
        f"{_LOYALTY}/redemptions/reserve.py",
        "            command.redemption = in_use[command.named.shop, command.redemption]",
        "            pass",
        ("tests/integration/loyalty/redemptions/test_keys_of_the_erased.py",),
    ),
    Mutation(
        "nobody-watches-the-books-of-credit",
        "the books of credit are the sum of the balances",
        f"{_LOYALTY}/books/watch_rows.py",
        "*balance_of_sums(of_credit(sums))[:4]",
        "*[0] * 4",
        ("tests/integration/loyalty/books/test_watch.py::test_credit_is_watched_as_points_are",),
    ),
)
