"""Guards of replays: one at a time, ended when it is cancelled or given up, and nothing of the erased."""

from mutants.mutation import Mutation

_ROWS = "services/loyalty/src/loyalty/replays/rows.py"
_RUN = "services/loyalty/src/loyalty/replays/run.py"
_TESTS = "tests/integration/loyalty/replays/test_replays.py"

MUTATIONS = (
    Mutation(
        "two-replays-are-computed-at-once",
        "one replay at a time",
        _ROWS,
        "AND NOT EXISTS (SELECT FROM replays WHERE status = 'running'",
        "AND NOT EXISTS (SELECT FROM replays WHERE status = 'none'",
        (f"{_TESTS}::test_one_replay_is_computed_at_a_time_and_a_cancelled_one_ends",),
    ),
    Mutation(
        "a-cancelled-replay-is-done-after-all",
        "end of a cancelled replay",
        _ROWS,
        "\"status = 'running' AND shop = $1",
        '"shop = $1',
        (f"{_TESTS}::test_one_replay_is_computed_at_a_time_and_a_cancelled_one_ends",),
    ),
    Mutation(
        "the-erased-come-back-with-a-replay",
        "nothing of the erased",
        _ROWS,
        " AND erased_at IS NULL",
        "",
        (f"{_TESTS}::test_of_a_customer_who_is_erased_meanwhile_nothing_is_stored",),
    ),
    Mutation(
        "a-replay-ends-its-process-for-ever",
        "attempts of a replay",
        _RUN,
        "if job.attempt > ATTEMPTS:",
        "if False:",
        (f"{_TESTS}::test_a_replay_whose_process_ended_begins_again_and_is_given_up_after_three_times",),
    ),
)
