"""Guards of the quarantine: what is released counts in its place, and once."""

from mutants.mutation import Mutation

_INGEST = "services/ingest/src/ingest"
_IN_PLACE = "tests/integration/ingest/desk/test_released_in_place.py"
_REPAIRS = "tests/integration/ingest/desk/test_repairs.py"

MUTATIONS = (
    Mutation(
        "released-events-are-read-as-of-now",
        "an event that states no time, or one ahead, happened when it was received",
        f"{_INGEST}/desk/release_entries.py",
        'Reading(source, entry["received_at"], identity_key',
        "Reading(source, now, identity_key",
        (_IN_PLACE,),
    ),
    Mutation(
        "a-closed-source-loses-what-is-in-quarantine",
        "what came before its source was closed can be released",
        f"{_INGEST}/hallway/accept.py",
        "and (since is None or since >= closed_at)",
        "",
        (f"{_IN_PLACE}::test_what_a_closed_source_sent_before_can_be_released_and_completes_it_again",),
    ),
    Mutation(
        "a-closed-source-goes-on-by-way-of-the-quarantine",
        "what came after its source was closed stays refused",
        f"{_INGEST}/hallway/accept.py",
        "and (since is None or since >= closed_at)",
        "and since is None",
        (f"{_IN_PLACE}::test_what_came_after_its_source_was_closed_stays_refused",),
    ),
    Mutation(
        "a-history-is-complete-before-its-last-event",
        "a closed historical source is announced as complete again",
        f"{_INGEST}/sources/events.py",
        'id_from=f"source|{source_id}" if because is None else f"source|{source_id}|{because}"',
        'id_from=f"source|{source_id}"',
        (f"{_IN_PLACE}::test_what_a_closed_source_sent_before_can_be_released_and_completes_it_again",),
    ),
    Mutation(
        "released-orders-have-the-role-of-today",
        "whether a source was the record of orders was decided when it sent the event",
        f"{_INGEST}/desk/release_entries.py",
        'if entry["record_of_orders"] is not None:',
        "if False:",
        (f"{_IN_PLACE}::test_a_source_that_lost_its_role_was_the_record_of_orders_when_it_sent_the_event",),
    ),
    Mutation(
        "an-order-leaves-its-guest-when-it-is-released",
        "an order leaves its guest when the account claims it",
        f"{_INGEST}/hallway/order_owners.py",
        "claimed_at = {each.order: each.waited_since for each in about_orders if each.waited_since is not None}",
        "claimed_at: dict[Order, datetime] = {}",
        (f"{_IN_PLACE}::test_an_order_left_its_guest_when_the_account_claimed_it",),
    ),
    Mutation(
        "what-stays-refused-is-stored-twice",
        "an event that still cannot be accepted adds nothing to the quarantine",
        f"{_INGEST}/hallway/quarantine.py",
        "if not refusals or budget is ALREADY_THERE:",
        "if not refusals:",
        (f"{_REPAIRS}::test_a_mapping_that_contradicts_what_was_accepted_since_releases_nothing",),
    ),
    Mutation(
        "another-mapping-passes-for-the-one-that-runs",
        "a group is repaired in one way at a time",
        f"{_INGEST}/desk/repairs/start.py",
        'if running is None or running["steps"] != steps:',
        "if running is None:",
        (f"{_REPAIRS}::test_two_operators_cannot_repair_one_group_in_two_ways_at_once",),
    ),
    Mutation(
        "a-mapping-makes-one-event-of-many",
        "what tells events apart takes no constants",
        f"{_INGEST}/desk/repairs/steps.py",
        "        if names:",
        "        if False:",
        (f"{_REPAIRS}::test_a_mapping_that_would_melt_events_into_one_or_means_nothing_is_refused",),
    ),
    Mutation(
        "a-mapping-doubles-an-event-fifty-times",
        "a mapping ends where an event is too large",
        f"{_INGEST}/domain/mapping.py",
        "if len(after) > max(SIZE_MAX, len(before)):",
        "if len(after) > 1024 * SIZE_MAX:",
        ("tests/unit/ingest/domain/test_mapping.py",),
    ),
    Mutation(
        "a-repair-never-ends",
        "a repair takes what was in quarantine when it began",
        f"{_INGEST}/desk/repairs/carry_on.py",
        '[row for row in ahead if row["received_at"] <= repair["started_at"]]',
        "ahead",
        (f"{_REPAIRS}::test_events_that_come_while_a_repair_runs_are_left_for_the_next_one",),
    ),
    Mutation(
        "a-repair-releases-what-was-released-by-hand",
        "an entry is released once",
        f"{_INGEST}/desk/repairs/group_rows.py",
        "AND id = ANY($2::uuid[]) AND state = 'open'\"",
        'AND id = ANY($2::uuid[])"',
        (f"{_REPAIRS}::test_an_entry_that_was_dropped_while_a_repair_looked_ahead_stays_dropped",),
    ),
)
