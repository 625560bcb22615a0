"""Guards of what explains a score: weights that add up, a past that is told by its own version, weeks counted once."""

from mutants.mutation import Mutation

_CHURN = "services/churn/src/churn"

MUTATIONS = (
    Mutation(
        "what-rounding-leaves-is-lost",
        "the parts of a change add up to it to the last digit",
        f"{_CHURN}/domain/forecast/explain.py",
        "        rounded[place], left = rounded[place] + taken, left - taken",
        "        left -= taken",
        ("tests/unit/churn/domain/forecast/test_explain.py",),
    ),
    Mutation(
        "the-past-is-told-by-a-later-version",
        "a past instant is answered by the version that was the newest then",
        f"{_CHURN}/models/rows.py",
        "WHERE shop = $1 AND fitted_at <= $2 ORDER BY",
        "WHERE shop = $1 AND $2::timestamptz IS NOT NULL ORDER BY",
        ("tests/integration/churn/risk/test_explained_risk.py",),
    ),
    Mutation(
        "a-week-without-a-year-before-is-held-against-a-year",
        "in the first year only a change that no season makes is an alarm",
        f"{_CHURN}/models/rules.py",
        "log(_RATIO if season else _RATIO_OF_FIRST_YEAR)",
        "log(_RATIO)",
        ("tests/unit/churn/models/test_watch.py",),
    ),
)
