"""Guards of lifecycles and stages, and what breaks without each."""

from mutants.mutation import Mutation

_PRODUCT = "services/churn/src/churn"
_LIVES = "tests/unit/churn/customers/test_lifecycle.py"
_STAGES = "tests/unit/churn/customers/test_stage.py"

MUTATIONS = (
    Mutation(
        "who-is-not-known-to-have-bought-again-comes-back",
        "only a purchase brings somebody back",
        f"{_PRODUCT}/domain/publication.py",
        "    if not is_back or customer.known_day is None or last.last_day <= customer.known_day:",
        "    if not is_back:",
        (f"{_LIVES}::test_imported_history_is_told_by_its_present_band_and_brings_nobody_back",),
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
