"""Guards of budgets of time and of the lane beside: order, one owner, shrinking batches, no blame for bad weather."""

from mutants.mutation import Mutation

_LIBRARY = "libs/shared/src/mandegar"
_LANES = "tests/integration/shared/lanes"
_BESIDE = f"{_LANES}/test_beside.py"
_BUDGET = f"{_LANES}/test_budget.py"

MUTATIONS = (
    Mutation(
        "later-events-overtake-what-waits",
        "later events of a customer wait behind",
        f"{_LIBRARY}/lanes/application.py",
        "        if claims.beside:\n",
        "        if False:\n",
        (f"{_BESIDE}::test_later_events_wait_behind_what_waits_although_they_would_fit",),
    ),
    Mutation(
        "released-letters-overtake-what-waits",
        "later events of a customer wait behind",
        f"{_LIBRARY}/lanes/release.py",
        "if (queue := queue_of(event, roots, waiting)) is not None:",
        "if (queue := queue_of(event, roots, ())) is not None:",
        (f"{_BESIDE}::test_a_released_dead_letter_goes_behind_what_waits",),
    ),
    Mutation(
        "what-waits-is-taken-for-applied",
        "a read behind an event waits for its application",
        f"{_LIBRARY}/lanes/inbox.py",
        "            WHERE w.event_id = i.event_id AND ($2",
        "            WHERE false AND ($2",
        (f"{_BESIDE}::test_an_event_that_waits_is_not_told_to_be_applied",),
    ),
    Mutation(
        "two-workers-have-one-customer",
        "one owner of a customer's queue",
        f"{_LIBRARY}/customers/waiting.py",
        "FOR UPDATE SKIP LOCKED",
        "",
        (f"{_BESIDE}::test_two_workers_never_have_one_customer_and_neither_waits",),
    ),
    Mutation(
        "workers-wait-for-each-other",
        "nobody waits for a customer whom another has",
        f"{_LIBRARY}/customers/waiting.py",
        "FOR UPDATE SKIP LOCKED",
        "FOR UPDATE",
        (f"{_BESIDE}::test_two_workers_never_have_one_customer_and_neither_waits",),
    ),
    Mutation(
        "customers-beside-are-not-locked",
        "customer lock order",
        f"{_LIBRARY}/lanes/beside.py",
        "standings = await lock_customers(connection, [key], self._partitions)",
        "pass",
        (f"{_BESIDE}::test_the_lane_beside_waits_for_who_holds_the_customer",),
    ),
    Mutation(
        "a-frozen-owner-keeps-its-session",
        "fence of the lane beside",
        f"{_LIBRARY}/lanes/beside.py",
        "timeout = '{REST_SECONDS}s'",
        "timeout = '0'",
        (f"{_BESIDE}::test_the_session_of_a_frozen_owner_ends",),
    ),
    Mutation(
        "the-timer-waits-for-the-lane-beside",
        "nobody waits for a customer whom the lane beside has",
        f"{_LIBRARY}/customers/timer.py",
        "                    SELECT FROM waiting_beside b WHERE (b.shop, b.customer_id) = (c.shop, c.customer_id))\n"
        "                ORDER BY c.due_at LIMIT $2\n",
        "                    SELECT FROM waiting_beside b WHERE false)\n                ORDER BY c.due_at LIMIT $2\n",
        (f"{_BESIDE}::test_a_lane_does_not_wait_for_a_customer_whom_the_lane_beside_has",),
    ),
    Mutation(
        "a-second-failure-is-lost",
        "nothing is dropped silently",
        f"{_LIBRARY}/lanes/beside.py",
        "            await reopen(connection, group, letters, now)\n",
        "",
        (f"{_BESIDE}::test_a_released_dead_letter_that_cannot_be_applied_beside_either_is_open_again",),
    ),
    Mutation(
        "batches-stay-too-large",
        "a batch shrinks to one event",
        f"{_LIBRARY}/lanes/steps.py",
        "len(records)) // SHRINK, 1)",
        "len(records)) // SHRINK, RECORDS_MIN)",
        (f"{_BUDGET}::test_a_batch_that_does_not_fit_is_made_smaller_until_one_event_does",),
    ),
    Mutation(
        "events-are-blamed-for-the-weather",
        "own work is told from weather",
        f"{_LIBRARY}/lanes/steps.py",
        "if len(records) == 1 and meter.computed and await answers(self.pool):",
        "if len(records) == 1:",
        (f"{_BUDGET}::test_a_frozen_process_or_a_silent_database_blames_no_event",),
    ),
    Mutation(
        "weather-makes-batches-of-one",
        "own work is told from weather",
        f"{_LIBRARY}/lanes/steps.py",
        "        own = meter.too_long\n",
        "        own = True\n",
        (f"{_BUDGET}::test_a_broken_database_makes_neither_dead_letters_nor_batches_of_one",),
    ),
    Mutation(
        "an-endless-event-is-tried-for-ever",
        "an event that cannot fit becomes a dead letter",
        f"{_LIBRARY}/lanes/beside.py",
        "            trouble.too_long += 1\n",
        "            pass\n",
        (f"{_BUDGET}::test_what_is_too_long_beside_as_well_becomes_a_dead_letter_and_the_customer_goes_on",),
    ),
    Mutation(
        "one-customer-stops-the-clock",
        "a customer whose settling is too long is put off",
        f"{_LIBRARY}/customers/timer.py",
        "                await add_settlings(connection, self._tried)\n",
        "",
        (f"{_BUDGET}::test_one_customer_whose_settling_takes_too_long_does_not_stop_the_clock_of_others",),
    ),
    Mutation(
        "retries-are-life-for-ever",
        "the watchdog sees a lane that only gives up",
        f"{_LIBRARY}/lanes/stuck.py",
        "        if now - moved_at > RETRYING_SECONDS:\n",
        "        if False:\n",
        (f"{_LANES}/test_backlog.py",),
    ),
)
