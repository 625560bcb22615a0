"""Guards of lifecycles and stages, and what breaks without each."""

from mutants.mutation import Mutation

_PRODUCT = "services/churn/src/churn"
_LIVES = "tests/unit/churn/customers/test_lifecycle.py"
_STAGES = "tests/unit/churn/customers/test_stage.py"
_UNITED = "tests/unit/churn/customers/test_merge.py"

MUTATIONS = (
    Mutation(
        "who-is-not-known-to-have-bought-again-comes-back",
        "only a purchase brings somebody back",
        f"{_PRODUCT}/domain/publication.py",
        "    if last.last_day <= terms.days.day_of(known_at_us):",
        "    if False:",
        (f"{_LIVES}::test_imported_history_is_told_by_its_present_band_and_brings_nobody_back",),
    ),
    Mutation(
        "only-who-was-away-as-the-root-comes-back",
        "who came back is judged by what was told of any of their ids",
        f"{_PRODUCT}/customers/merge.py",
        "[each.known_at_us for each in customers if each.band in AWAY]",
        "[each.known_at_us for each in customers[:1] if each.band in AWAY]",
        (f"{_UNITED}::test_who_comes_back_under_another_id_is_told_as_won_back_whenever_they_merge",),
    ),
    Mutation(
        "a-merge-is-before-what-was-due",
        "what is due of who is merged is told before the merge",
        f"{_PRODUCT}/customers/merge.py",
        "for each in union.everybody if is_due(each, now) for told in",
        "for each in union.everybody if False for told in",
        (f"{_UNITED}::test_what_was_due_is_told_before_a_merge_as_if_the_timer_had_not_been_late",),
    ),
    Mutation(
        "who-only-cooled-comes-back",
        "who comes back was at risk or lost",
        f"{_PRODUCT}/domain/lifecycle.py",
        'AWAY: Final = frozenset({"at_risk", "lost"})',
        'AWAY: Final = frozenset({"cooling", "at_risk", "lost"})',
        (f"{_LIVES}::test_only_who_was_at_risk_or_lost_comes_back",),
    ),
    Mutation(
        "a-lifecycle-of-the-release-before-is-told",
        "who was known before is brought into their lifecycle in silence",
        f"{_PRODUCT}/domain/publication.py",
        "    if customer.lifecycle is None:\n        customer.lifecycle = _lifecycle(customer, terms)\n    changes",
        "    changes",
        (f"{_LIVES}::test_a_row_of_an_earlier_release_is_given_its_lifecycle_and_stage_in_silence",),
    ),
    Mutation(
        "what-the-lost-did-before-their-last-order-counts",
        "who is lost begins the journey again",
        f"{_PRODUCT}/domain/stage.py",
        "    ordered = -1 if last is None else last.last_at_us // DAY_US",
        "    ordered = -1",
        (f"{_STAGES}::test_who_is_lost_begins_again_with_what_they_do_from_then_on",),
    ),
    Mutation(
        "a-cart-is-pushed-out-by-complaints",
        "the newest cart is kept beside the facts that are felt",
        f"{_PRODUCT}/domain/signals/experience.py",
        "    if not carts:",
        "    if True:",
        (f"{_STAGES}::test_a_cart_is_kept_beside_everything_else_that_was_said",),
    ),
)
