"""Guards of the alarm about silent sources."""

from mutants.mutation import Mutation

_INGEST = "services/ingest/src/ingest"
_SILENCE = "tests/integration/ingest/sources/test_silence.py"

MUTATIONS = (
    Mutation(
        "a-shop-that-sleeps-raises-an-alarm",
        "a silence that is usual at this time of the week is none",
        f"{_INGEST}/domain/silence.py",
        "return busy >= max(_WEEKS_MIN, len(weeks) - _HOLIDAYS_MAX)",
        "return True",
        (
            "tests/unit/ingest/domain/test_silence.py",
            f"{_SILENCE}::test_a_shop_that_sleeps_at_night_raises_no_alarm_until_it_oversleeps",
        ),
    ),
    Mutation(
        "two-processes-count-an-event-twice",
        "one process at a time counts",
        f"{_INGEST}/sources/rhythm_rows.py",
        "SELECT counted_until FROM rhythm FOR UPDATE SKIP LOCKED",
        "SELECT counted_until FROM rhythm",
        (f"{_SILENCE}::test_while_one_process_counts_another_leaves_it_to_it",),
    ),
)
