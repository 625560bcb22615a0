"""Guards of credit in money: no unit gives for another, and none is counted as another."""

from mutants.mutation import Mutation

_LOYALTY = "services/loyalty/src/loyalty"
_TESTS = ("tests/integration/loyalty/credit/test_credit.py",)

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
        "money-is-booked-as-points",
        "entries of credit are of kinds of their own",
        f"{_LOYALTY}/domain/units.py",
        "    return _OF_CREDIT + kind if order_id.startswith(_CREDIT) else kind",
        "    return kind",
        _TESTS,
    ),
    Mutation(
        "credit-comes-back-twice",
        "of a refund, credit comes back once",
        f"{_LOYALTY}/redemptions/proportion.py",
        "        due_credit = max((row.credit or 0) - credit - row.credit_returned, 0)",
        "        due_credit = max((row.credit or 0) - credit, 0)",
        _TESTS,
    ),
)
