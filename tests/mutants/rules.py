"""Guards of programmes with rules."""

from mutants.mutation import Mutation

_DOMAIN = "services/loyalty/src/loyalty/domain"
_DOCUMENT = "services/loyalty/src/loyalty/programme/document"
_MANUAL = ("tests/contract/test_loyalty_manual.py",)
_PROPERTY = ("tests/unit/loyalty/domain/test_remembered.py::test_remembered_is_walked_under_rules_of_every_kind",)
_LINES = ("tests/unit/loyalty/earning/test_lines.py",)
_HOLD = ("tests/unit/loyalty/domain/test_hold.py",)

MUTATIONS = (
    Mutation(
        "a-programme-whose-examples-fail-is-stored",
        "examples hold before a programme is stored",
        f"{_DOCUMENT}/version_2.py",
        "errors += failing(",
        "errors and failing(",
        _MANUAL,
    ),
    Mutation(
        "a-late-payment-changes-no-first-order",
        "rules that ask for the first order have the orders behind a late payment read",
        f"{_DOMAIN}/earning.py",
        "any(when.first_order is not None for when in whens)",
        "False",
        _PROPERTY,
    ),
    Mutation(
        "orders-that-stand-are-not-counted-on",
        "how many orders are worth something goes on from what is remembered",
        f"{_DOMAIN}/standing.py",
        "    standing = past.standing\n",
        "    standing = 0\n",
        _PROPERTY,
    ),
    Mutation(
        "a-minimum-is-of-the-order-before-refunds",
        "a minimum is compared with what is left",
        f"{_DOMAIN}/earning.py",
        "amount * net < rule.min_spend * parts * total",
        "amount < rule.min_spend * parts",
        _MANUAL,
    ),
    Mutation(
        "a-line-counts-for-more-than-its-price",
        "what is in no line is not divided among the lines",
        f"{_DOMAIN}/counting.py",
        "in_lines = min(goods, prices)",
        "in_lines = goods",
        ("tests/unit/loyalty/domain/test_earning.py",),
    ),
    Mutation(
        "the-lines-of-the-first-snapshot-count-for-ever",
        "lines are those of the snapshot that counts",
        f"{_DOMAIN}/orders.py",
        "stated.get((order.written, order.stage, order.total))",
        "next(iter(stated.values()))",
        _LINES,
    ),
    Mutation(
        "an-order-has-any-number-of-lines",
        "lines behind the first are one",
        f"{_DOMAIN}/lines.py",
        "if key not in sums and len(sums) >= LINES_MAX:",
        "if False:",
        _LINES,
    ),
    Mutation(
        "a-later-delivery-takes-usable-points-back",
        "the hold ends at the latest so long after the payment",
        f"{_DOMAIN}/programme.py",
        "min(delivered_at, latest)",
        "delivered_at",
        _HOLD,
    ),
    Mutation(
        "words-of-a-programme-are-compared-as-they-are-written",
        "rules name things as events do",
        "services/loyalty/src/loyalty/programme/put.py",
        "await insert_words(connection, shop.shop, new.words)",
        "await insert_words(connection, shop.shop, {})",
        (
            "tests/integration/loyalty/programme/test_rules.py"
            "::test_rules_name_categories_as_the_shop_writes_them_and_the_ledger_names_the_rules",
        ),
    ),
    Mutation(
        "rules-earn-any-number",
        "what an order earns by all rules together can be stored",
        f"{_DOCUMENT}/version_2.py",
        "if is_new(info) and self.earn.most_per_unit",
        "if False and self.earn.most_per_unit",
        ("tests/unit/loyalty/programme/test_mistakes.py",),
    ),
)
