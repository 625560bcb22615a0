"""Guards of what the score is kept to."""

from mutants.mutation import Mutation

_BIAS = "services/churn/src/churn/fitting/bias.py"
_TESTS = "tests/unit/churn/fitting/test_bias.py"

MUTATIONS = (
    Mutation(
        "clockwork-is-expected-to-buy-by-chance",
        "where a shop's own windows say so, more customers are expected to buy than by the closed form",
        _BIAS,
        "is_some = float(expit(some - none + logit(_SOME)))",
        "is_some = 0.0",
        (f"{_TESTS}::test_of_customers_like_clockwork_as_many_are_expected_as_buy",),
    ),
    Mutation(
        "a-season-is-taken-for-the-shops-kind",
        "windows are held against the closed form at the level of their own weeks",
        _BIAS,
        "weeks = version.horizon_weeks * level",
        "weeks = version.horizon_weeks * level**0",
        (f"{_TESTS}::test_a_shop_whose_customers_buy_by_chance_has_next_to_no_bias_in_any_season",),
    ),
)
