"""Guards between web and worker: the wake-up of another process, and the brake that any process may release."""

from mutants.mutation import Mutation

_LIBRARY = "libs/shared/src/mandegar"
_TESTS = "tests/integration/shared/run/test_wakeups.py"

MUTATIONS = (
    Mutation(
        "nobody-wakes-the-other-process",
        "a change by a route wakes relay and timer of the worker",
        f"{_LIBRARY}/run/wakeups.py",
        '            await pool.execute("SELECT pg_notify($1, $2)", CHANNEL, name)\n',
        '            await pool.execute("SELECT 1")\n',
        (f"{_TESTS}::test_each_call_wakes_the_task_that_it_names_and_no_other",),
    ),
    Mutation(
        "a-lost-connection-wakes-nobody",
        "what was committed while nobody listened is not missed",
        f"{_LIBRARY}/run/wakeups.py",
        "        for wakeup in wakeups.values():\n            wakeup()\n",
        "",
        (f"{_TESTS}::test_a_lost_connection_is_opened_again_and_wakes_all",),
    ),
    Mutation(
        "a-brake-is-released-in-one-process-alone",
        "a brake whose row was deleted is released",
        f"{_LIBRARY}/lanes/shared_brake.py",
        "                self.brake.release()\n",
        "",
        (f"{_TESTS}::test_an_engaged_brake_is_shown_and_released_by_its_row",),
    ),
)
