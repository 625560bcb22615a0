"""Guards of the stream: offsets, inbox, assignment, locks, relay, timer, dead letters, ids."""

from mutants.mutation import Mutation

_LIBRARY = "libs/shared/src/mandegar"
_SHARED = "tests/integration/shared"

MUTATIONS = (
    Mutation(
        "offsets-move-unasked",
        "offset compare-and-swap",
        f"{_LIBRARY}/lanes/offsets.py",
        "if stored.get((move.topic, move.partition)) == move.start",
        "if (move.topic, move.partition) in stored",
        (f"{_SHARED}/lanes/test_offset_rule.py",),
    ),
    Mutation(
        "offsets-are-not-locked",
        "offset compare-and-swap",
        f"{_LIBRARY}/lanes/offsets.py",
        "FOR UPDATE OF o",
        "",
        (f"{_SHARED}/customers/test_lock_order.py",),
    ),
    Mutation(
        "every-claim-is-new",
        "inbox uniqueness",
        f"{_LIBRARY}/lanes/inbox.py",
        'return {row["id"] for row in rows}',
        "return set()",
        (f"{_SHARED}/lanes/test_inbox_rule.py",),
    ),
    Mutation(
        "claims-of-others-at-once-are-not-seen",
        "inbox uniqueness",
        f"{_LIBRARY}/lanes/inbox.py",
        "SELECT id FROM wanted WHERE id NOT IN (SELECT event_id FROM claimed)",
        "SELECT id FROM wanted WHERE id IN (SELECT event_id FROM inbox WHERE consumer_group = $1)",
        (
            f"{_SHARED}/customers/test_lock_order.py::test_a_claim_waits_for_whoever_may_still_take_the_event_back_and_believes_them",
        ),
    ),
    Mutation(
        "assigned-and-not-paused",
        "pause-first on assignment",
        f"{_LIBRARY}/lanes/positions.py",
        "            self._consumer.pause(*assigned)\n",
        "",
        (f"{_SHARED}/lanes/test_assignment.py",),
    ),
    Mutation(
        "holes-are-followed",
        "continuity check",
        f"{_LIBRARY}/lanes/positions.py",
        "if first == expected:",
        "if first >= expected:",
        (f"{_SHARED}/lanes/test_offset_rule.py",),
    ),
    Mutation(
        "failed-polls-are-not-rewound",
        "continuity check",
        f"{_LIBRARY}/lanes/positions.py",
        "        consumer.seek(partition, expected)\n        return False",
        "        return False",
        (f"{_SHARED}/lanes/test_offset_rule.py",),
    ),
    Mutation(
        "known-customers-are-not-locked",
        "customer lock order",
        f"{_LIBRARY}/customers/locking.py",
        "DO UPDATE SET partition = c.partition WHERE false",
        "DO NOTHING",
        (f"{_SHARED}/customers/test_lock_order.py",),
    ),
    Mutation(
        "customers-are-locked-as-they-come",
        "customer lock order",
        f"{_LIBRARY}/customers/locking.py",
        "ordered = sorted(set(keys))",
        "ordered = list(dict.fromkeys(keys))",
        (f"{_SHARED}/customers/test_lock_order.py",),
    ),
    Mutation(
        "events-are-claimed-as-they-come",
        "sorted claim",
        f"{_LIBRARY}/lanes/inbox.py",
        "ordered = sorted(events, key=_number)",
        "ordered = list(events)",
        (f"{_SHARED}/customers/test_lock_order.py",),
    ),
    Mutation(
        "rows-leave-before-the-acknowledgement",
        "relay rows leave only after the acknowledgement",
        f"{_LIBRARY}/outbox/relay.py",
        "await asyncio.gather(*(acknowledgement for _, acknowledgement in sent), return_exceptions=True)",
        "[None for _ in sent]",
        (f"{_SHARED}/outbox/test_relay.py",),
    ),
    Mutation(
        "every-relay-owns-every-shard",
        "one relay per partition",
        f"{_LIBRARY}/outbox/shards.py",
        '"SELECT pg_try_advisory_lock($1::bigint)"',
        '"SELECT $1::bigint IS NOT NULL"',
        (f"{_SHARED}/outbox/test_relay.py",),
    ),
    Mutation(
        "put-off-until-now",
        "put-off of the timer",
        f"{_LIBRARY}/customers/timer.py",
        "*key, now + PUT_OFF",
        "*key, now",
        (f"{_SHARED}/customers/test_due_rule.py",),
    ),
    Mutation(
        "candidates-are-not-looked-at-again",
        "the timer looks again behind the lock",
        f"{_LIBRARY}/customers/timer.py",
        """\
                SELECT c.shop, c.customer_id, c.due_at
                FROM customers c JOIN unnest($1::text[], $2::text[]) AS w(shop, customer_id) USING (shop, customer_id)
                WHERE c.due_at <= $3
""",
        """\
                SELECT shop, customer_id, $3::timestamptz AS due_at
                FROM unnest($1::text[], $2::text[]) AS w(shop, customer_id)
""",
        (f"{_SHARED}/customers/test_due_rule.py",),
    ),
    Mutation(
        "asleep-until-it-is-woken",
        "a lost wake of the timer is made up for",
        f"{_LIBRARY}/customers/timer.py",
        "SLEEP_MAX_SECONDS = 5.0",
        "SLEEP_MAX_SECONDS = 3600.0",
        (f"{_SHARED}/customers/test_due_rule.py",),
    ),
    Mutation(
        "poison-takes-its-neighbours",
        "savepoint bisection",
        f"{_LIBRARY}/database/bisect.py",
        "        if len(items) == 1:\n            return await refuse(items[0], error)\n",
        "        for item in items:\n            await refuse(item, error)\n        return ()\n",
        (f"{_SHARED}/lanes/test_batch.py::test_a_poisonous_event_becomes_a_dead_letter_and_its_neighbours_go_on",),
    ),
    Mutation(
        "half-a-batch-stays",
        "savepoint bisection",
        f"{_LIBRARY}/database/bisect.py",
        "        async with savepoint(connection):\n",
        "        if True:\n",
        (f"{_SHARED}/lanes/test_batch.py::test_a_poisonous_event_becomes_a_dead_letter_and_its_neighbours_go_on",),
    ),
    Mutation(
        "old-events-come-in-again",
        "nothing older than the inbox is applied",
        f"{_LIBRARY}/lanes/application.py",
        "elif event.recorded_time < oldest:",
        "elif False:",
        (
            f"{_SHARED}/lanes/test_batch.py::test_an_event_older_than_the_inbox_remembers_is_a_dead_letter_not_a_second_application",
        ),
    ),
    Mutation(
        "letters-are-released-for-ever",
        "a dead letter is released once",
        f"{_LIBRARY}/lanes/release.py",
        "        await mark_released(connection, letter_id, now)\n",
        "",
        (f"{_SHARED}/lanes/test_batch.py::test_a_released_dead_letter_is_applied_once",),
    ),
    Mutation(
        "ids-by-chance",
        "deterministic derived ids",
        f"{_LIBRARY}/events/envelope.py",
        'number = int.from_bytes(digest.digest()[:16], "big")',
        'number = int.from_bytes(__import__("os").urandom(16), "big")',
        ("tests/unit/shared/events/test_envelope.py",),
    ),
    Mutation(
        "siblings-share-their-id",
        "deterministic derived ids",
        f"{_LIBRARY}/events/envelope.py",
        'digest.update(f"{service}|{cause}|{type_}|{index}".encode())',
        'digest.update(f"{service}|{cause}|{type_}".encode())',
        ("tests/unit/shared/events/test_envelope.py",),
    ),
    Mutation(
        "idle-members-stay-away",
        "a member that has not polled for long takes part in rebalances",
        f"{_LIBRARY}/kafka/client.py",
        "        max_poll_interval_ms=POLL_PAUSE_MS,\n",
        "",
        (f"{_SHARED}/lanes/test_idle_members.py",),
    ),
)
