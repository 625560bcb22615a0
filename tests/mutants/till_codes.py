"""Guards of codes for a till, which are no marketing, and of what a new programme is refused for."""

from mutants.mutation import Mutation

_NOTIFY = "services/notify/src/notify"
_DOCUMENT = "services/loyalty/src/loyalty/programme/document"
_TESTS = "tests/integration/notify/sends/test_till_codes.py"
_MISTAKES = "tests/unit/loyalty/programme/test_mistakes.py"
_COUNTED = f"{_TESTS}::test_quiet_hours_cap_and_marketing_do_not_hold_a_code_back_and_it_counts_for_none"

MUTATIONS = (
    Mutation(
        "a-code-waits-for-quiet-hours",
        "a code that the customer has asked for waits for no hour and no cap",
        f"{_NOTIFY}/domain/arbiter.py",
        "    if case.is_transactional:\n        return Allow()\n",
        "",
        (_COUNTED,),
    ),
    Mutation(
        "a-code-counts-for-the-cap",
        "a code takes no place of a message under the cap",
        f"{_NOTIFY}/sends/due_rows.py",
        "        sorted(TRANSACTIONAL),",
        "        [],",
        (_COUNTED,),
    ),
    Mutation(
        "marketing-goes-out-as-a-code",
        "a message of marketing is not sent without consent because a code was issued",
        f"{_NOTIFY}/journeys/document.py",
        "            if self.template not in TRANSACTIONAL_TEMPLATES:",
        "            if False:",
        (f"{_TESTS}::test_a_shop_cannot_send_marketing_as_a_code",),
    ),
    Mutation(
        "who-returned-it-has-bought-it",
        "a review of a product that was returned before is none of what was bought",
        "services/loyalty/src/loyalty/domain/bought.py",
        "        if lot.net <= 0 or lot.earned_at >= at:",
        "        if lot.earned_at >= at:",
        ("tests/contract/test_loyalty_manual.py",),
    ),
    Mutation(
        "a-circle-of-levels-is-taken",
        "a level that only its own customers earn points for is refused",
        f"{_DOCUMENT}/unreachable.py",
        "for tier in range(reached + 1)):",
        "for tier in range(len(programme.tiers))):",
        (f"{_MISTAKES}::test_a_level_that_nobody_can_reach_is_refused",),
    ),
    Mutation(
        "multipliers-are-worth-nothing",
        "the worth of points is that with the largest multiplier",
        f"{_DOCUMENT}/worth.py",
        "                return Fraction(multiplier.times), [multiplier.name], left",
        "                return Fraction(1), [], left",
        (f"{_MISTAKES}::test_points_that_are_worth_more_than_the_purchase_are_refused",),
    ),
    Mutation(
        "a-multiplier-for-large-orders-hides-others",
        "a multiplier that asks for a least spend or a birthday takes no order surely",
        f"{_DOCUMENT}/worth.py",
        "            hiding = [each for one, _, each in earlier if self._told[len(self._rules) + one]]",
        "            hiding = [each for _, _, each in earlier]",
        (f"{_MISTAKES}::test_points_that_are_worth_more_than_the_purchase_are_refused",),
    ),
)
