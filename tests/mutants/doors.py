"""Guards of what shops really write: text, times, repeats, CloudEvents, and records that cannot be decoded."""

from mutants.mutation import Mutation

_LIBRARY = "libs/shared/src/mandegar"
_BARE_DOOR = "tests/integration/ingest/doors/test_bare_door.py"
_INGEST = "services/ingest/src/ingest"
_RAW_TOPICS = "tests/integration/ingest/doors/test_raw_topics.py"

MUTATIONS = (
    Mutation(
        "a-bare-door-without-limits",
        "bodies at a door without the framework are bounded",
        f"{_LIBRARY}/web/bare.py",
        "BoundedBodies(_Answering(route.get_route_handler()), bodies)",
        "_Answering(route.get_route_handler())",
        (_BARE_DOOR,),
    ),
    Mutation(
        "a-bare-door-counts-its-own-bodies",
        "all bodies of a process share its memory",
        f"{_LIBRARY}/web/bare.py",
        "BoundedBodies(_Answering(route.get_route_handler()), bodies)",
        "BoundedBodies(_Answering(route.get_route_handler()), BodiesInHand())",
        (f"{_BARE_DOOR}::test_bodies_at_both_doors_share_the_memory_of_the_process",),
    ),
    Mutation(
        "a-bare-door-without-a-deadline",
        "a door is answered although the database is silent",
        f"{_LIBRARY}/web/bare.py",
        "Deadline(endpoint, answer_seconds)",
        "endpoint",
        (f"{_BARE_DOOR}::test_a_silent_database_is_answered_in_time_by_both",),
    ),
    Mutation(
        "an-invisible-mark-makes-another-customer",
        "ids that look the same are the same",
        f"{_LIBRARY}/events/written.py",
        "text if text.isprintable() else text.translate(_PLAIN).strip()",
        "text",
        ("tests/unit/shared/events/test_written.py",),
    ),
    Mutation(
        "line-breaks-are-text",
        "what nobody writes is refused",
        f"{_LIBRARY}/events/written.py",
        "return text.isprintable() or _NOT_WRITTEN.search(text) is None",
        "return True",
        ("tests/unit/ingest/domain/test_written_fields.py",),
    ),
    Mutation(
        "half-an-emoji-costs-a-purchase",
        "unread fields may hold any JSON",
        f"{_INGEST}/doors/request/readable.py",
        "    return pair_surrogates(body)",
        "    return body",
        ("tests/unit/ingest/doors/test_unused_fields.py",),
    ),
    Mutation(
        "coupons-may-be-sentences",
        "topics carry no free text",
        f"{_INGEST}/domain/act_words.py",
        "if len(plain_id(text).split()) < 2:",
        "if True:",
        ("tests/unit/ingest/domain/test_written_fields.py",),
    ),
    Mutation(
        "every-repeat-says-the-same",
        "another content under one id is a conflict",
        f"{_INGEST}/domain/repeats.py",
        "isinstance(other, Candidate) and _content(other) == _content(candidate)",
        "isinstance(other, Candidate)",
        ("tests/unit/ingest/domain/test_repeats.py",),
    ),
    Mutation(
        "a-number-may-be-any-time",
        "what can be read in two ways is not read",
        f"{_INGEST}/domain/written_time.py",
        "if instant > now + AHEAD:",
        "if False:",
        ("tests/unit/ingest/domain/test_written_time.py",),
    ),
    Mutation(
        "any-minute-has-a-leap-second",
        "what can be read in two ways is not read",
        f"{_INGEST}/domain/written_time.py",
        "if (instant.hour, instant.minute) != (23, 59):",
        "if False:",
        ("tests/unit/ingest/domain/test_written_time.py",),
    ),
    Mutation(
        "two-customers-and-nothing-is-said",
        "an event that names two customers says so",
        f"{_INGEST}/doors/cloudevents/read.py",
        "elif outside is not None and plain_id(str(customer.id)) != plain_id(str(outside)):",
        "elif False:",
        ("tests/unit/ingest/doors/test_cloudevents.py",),
    ),
    Mutation(
        "kafkas-time-is-always-believed",
        "Kafka's own time within bounds",
        f"{_INGEST}/doors/raw/read.py",
        "return sent_at if sent_at >= _EARLIEST else None",
        "return sent_at",
        ("tests/unit/ingest/doors/test_raw_records.py",),
    ),
    Mutation(
        "released-events-happened-when-they-were-released",
        "an event in quarantine keeps its time",
        f"{_INGEST}/desk/release_entries.py",
        'sent_at=entry["sent_at"], ',
        "",
        ("tests/integration/ingest/doors/test_raw_lane.py",),
    ),
    Mutation(
        "what-cannot-be-decoded-is-forgotten",
        "an unreadable batch becomes a dead letter",
        f"{_INGEST}/doors/raw/lane.py",
        "[*letters, *orphans]",
        "orphans",
        (f"{_RAW_TOPICS}::test_broken_batches_one_after_another_and_at_the_end_are_all_stepped_over",),
    ),
    Mutation(
        "a-broken-batch-says-where-it-ends",
        "nothing whole is passed over",
        f"{_LIBRARY}/lanes/unreadable.py",
        "stop = behind[0].base if behind else min(bad.next, fetched.end)",
        "stop = bad.next",
        ("tests/unit/shared/lanes/test_unreadable.py",),
    ),
    Mutation(
        "our-own-topics-are-passed-over",
        "a topic of our own stands until its log is whole",
        f"{_LIBRARY}/lanes/standing.py",
        "if looks >= LOOKS and self._steps_over:",
        "if looks >= LOOKS:",
        (
            "tests/integration/shared/lanes/test_backlog.py"
            "::test_a_broken_batch_of_our_own_topic_stands_and_the_records_before_it_and_beside_it_go_on",
        ),
    ),
    Mutation(
        "open-transactions-are-lag",
        "lag counts what can be applied",
        f"{_LIBRARY}/kafka/probe.py",
        'isolation_level="read_committed",',
        'isolation_level="read_uncommitted",',
        (f"{_RAW_TOPICS}::test_of_transactions_the_committed_count_and_nothing_lags_behind_them",),
    ),
)
