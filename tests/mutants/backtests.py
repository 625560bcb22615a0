"""Guards of backtests: one of a shop, ended when it is cancelled or its parent is, given up at last; of a horizon."""

from mutants.mutation import Mutation

_CHURN = "services/churn/src/churn"
_JOBS = "libs/shared/src/mandegar/jobs"
_TESTS = "tests/integration/churn/backtests/test_backtests.py"
_HORIZON = "tests/integration/churn/models/test_horizon.py"
_READING = "tests/unit/churn/backtest/test_reading.py"

MUTATIONS = (
    Mutation(
        "two-backtests-are-computed-at-once",
        "one backtest at a time",
        f"{_JOBS}/rows.py",
        "AND NOT EXISTS (SELECT FROM {table} WHERE status = 'running'",
        "AND NOT EXISTS (SELECT FROM {table} WHERE status = 'none'",
        (f"{_TESTS}::test_a_shop_has_one_backtest_at_a_time_and_a_cancelled_one_ends",),
    ),
    Mutation(
        "a-cancelled-backtest-is-done-after-all",
        "end of a cancelled backtest",
        f"{_JOBS}/rows.py",
        "\"status = 'running' AND shop = $1",
        '"shop = $1',
        (f"{_TESTS}::test_a_shop_has_one_backtest_at_a_time_and_a_cancelled_one_ends",),
    ),
    Mutation(
        "a-backtest-ends-its-process-for-ever",
        "attempts of a backtest",
        f"{_JOBS}/run.py",
        "if job.attempt > ATTEMPTS:",
        "if False:",
        (f"{_TESTS}::test_a_backtest_whose_process_ended_begins_again_and_is_given_up_after_three_times",),
    ),
    Mutation(
        "a-killed-backtest-leaves-its-processes",
        "children end with their parent",
        "libs/shared/src/mandegar/children.py",
        "while os.getppid() == parent:",
        "while True:",
        ("tests/unit/churn/backtest/test_backtest.py::test_a_backtest_that_is_killed_leaves_no_process",),
    ),
    Mutation(
        "another-horizon-that-moves-no-score-is-not-put-in-force",
        "a horizon that was chosen is in force",
        f"{_CHURN}/models/fit_shop.py",
        "is_other or fitted",
        "fitted",
        (f"{_HORIZON}::test_a_shop_without_customers_has_its_horizon_before_the_first_one",),
    ),
    Mutation(
        "an-older-horizon-is-restored-over-a-newer-one",
        "a rebuild ends with the horizon that was chosen last",
        f"{_CHURN}/models/horizon_rows.py",
        "WHERE excluded.version > h.version",
        "WHERE true",
        (f"{_HORIZON}::test_what_was_published_is_restored_in_any_order",),
    ),
    Mutation(
        "thousands-are-read-as-if-each-amount-stood-alone",
        "the mark that other amounts prove",
        f"{_CHURN}/backtest/amounts.py",
        '        if self._fraction() == ",":',
        "        if not self._fraction():",
        (f"{_READING}::test_amounts_that_may_be_either_are_read_by_the_mark_that_others_prove_wherever_these_stand",),
    ),
    Mutation(
        "a-wrong-year-ahead-stretches-a-log",
        "orders in the future are left out",
        f"{_CHURN}/backtest/apart.py",
        "    if future.sum() > far:",
        "    if future.any():",
        (f"{_READING}::test_an_order_in_the_future_is_told_as_one",),
    ),
)
