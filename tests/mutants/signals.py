"""Guards of the signals of the score."""

from mutants.mutation import Mutation

_CHURN = "services/churn/src/churn"
_HEARD = "tests/unit/churn/domain/forecast/test_heard.py"
_SIGNALS = "tests/unit/churn/domain/signals/test_signals.py"

MUTATIONS = (
    Mutation(
        "a-kept-promise-is-broken",
        "a promise that was kept by its due instant makes nobody unhappy",
        f"{_CHURN}/domain/signals/experience.py",
        "if eased is not None and eased <= at:",
        "if eased is not None and eased < 0:",
        (f"{_SIGNALS}::test_a_promise_is_broken_when_it_was_due_unless_it_was_kept_by_then",),
    ),
    Mutation(
        "a-visit-decays-before-it-was-made",
        "until the last visit, visits count as on its day",
        f"{_CHURN}/domain/forecast/heard.py",
        "unseen = max(silence - self.lag, 0.0)",
        "unseen = abs(silence - self.lag)",
        (f"{_HEARD}::test_no_score_rises_in_silence_whatever_was_done_and_told",),
    ),
    Mutation(
        "a-shop-that-stopped-sending-visits-loses-its-customers",
        "a shop whose visits have stopped coming in does without them",
        f"{_CHURN}/fitting/hearing.py",
        "and last >= _STILL_SENT * usual",
        "and last >= 0 * usual",
        ("tests/unit/churn/fitting/test_hearing.py::test_a_shop_that_has_stopped_sending_visits_lowers_nobody_for_it",),
    ),
    Mutation(
        "what-was-before-the-last-purchase-still-counts",
        "a purchase forgives what was before it",
        f"{_CHURN}/domain/forecast/heard.py",
        "if each.at_us < silent_from_us:",
        "if each.at_us < 0:",
        (f"{_HEARD}::test_the_order_that_is_named_as_the_act_does_bring_back",),
    ),
)
