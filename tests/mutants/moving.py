"""Guards of a shop that moves from one installation into another."""

from mutants.mutation import Mutation

_MOVING = "libs/shared/src/mandegar/moving"
_LOCAL = "deploy/local/src/mandegar_local/moving"
_ROWS = "tests/integration/shared/moving/test_moving_of_rows.py"
_ARCHIVE = "tests/unit/shared/moving/test_archive.py"

MUTATIONS = (
    Mutation(
        "a-changed-archive-is-moved-in",
        "the checksums of an archive are compared",
        f"{_MOVING}/archive.py",
        "if found.hexdigest() != checksum or number != lines:",
        "if number != lines:",
        (f"{_ARCHIVE}::test_a_member_that_was_written_anew_is_refused",),
    ),
    Mutation(
        "rows-of-another-shop-are-smuggled-in",
        "every row of an archive is the shop's",
        f"{_MOVING}/archive.py",
        'elif folder == "rows" and _OF_SHOP.decode(line).shop == self.manifest.shop:',
        'elif folder == "rows" and _OF_SHOP.decode(line).shop:',
        (f"{_ARCHIVE}::test_what_is_not_the_shops_or_could_not_have_been_written_by_us_is_refused",),
    ),
    Mutation(
        "events-of-somebody-else-are-smuggled-in",
        "the event of a record is about whom its key names",
        f"{_MOVING}/records.py",
        "elif partition_key(event.shop, event.customer_id) != key:",
        "elif not key:",
        (f"{_ARCHIVE}::test_what_is_not_the_shops_or_could_not_have_been_written_by_us_is_refused",),
    ),
    Mutation(
        "rows-are-taken-while-something-is-under-way",
        "rows are taken once everything of the shop is published",
        f"{_MOVING}/take_out.py",
        'if row is None or row["unpublished"]:',
        "if row is None:",
        (f"{_ROWS}::test_rows_are_taken_once_everything_is_published_and_applied",),
    ),
    Mutation(
        "rows-are-taken-before-records-are-applied",
        "rows are taken once all records before the ends are applied",
        f"{_MOVING}/take_out.py",
        "if stored.get((topic, partition), 0) < end:",
        "if stored.get((topic, partition), 0) < 0:",
        (f"{_ROWS}::test_rows_are_taken_once_everything_is_published_and_applied",),
    ),
    Mutation(
        "moved-records-are-applied-again",
        "groups go on behind the records of the archive",
        f"{_MOVING}/bring_in.py",
        "            await _take_offsets(connection, service, archive)\n",
        "",
        (f"{_ROWS}::test_what_was_applied_in_the_old_home_is_not_applied_again_in_the_new_one",),
    ),
    Mutation(
        "a-replay-applies-moved-records-again",
        "the events of the archive are claimed",
        f"{_MOVING}/bring_in.py",
        "            await _claim(connection, service, archive, context.clock.now() - INBOX_RETENTION)\n",
        "",
        (f"{_ROWS}::test_what_was_applied_in_the_old_home_is_not_applied_again_in_the_new_one",),
    ),
    Mutation(
        "guests-become-strangers-where-a-shop-moves",
        "an archive of another identity key is refused",
        f"{_MOVING}/bring_in.py",
        "if manifest.identity != identity_of(context.identity_key):",
        "if not manifest.identity:",
        (f"{_ROWS}::test_what_does_not_fit_is_refused_and_the_database_stays_empty",),
    ),
    Mutation(
        "a-service-starts-while-a-shop-moves-in",
        "a service does not start on a database into which a shop is moving",
        "libs/shared/src/mandegar/run/moving_mark.py",
        '"SELECT EXISTS (SELECT FROM offsets WHERE consumer_group = $1)", _moving(service)',
        '"SELECT EXISTS (SELECT FROM offsets WHERE consumer_group = $1)", ""',
        (f"{_ROWS}::test_a_move_that_was_interrupted_leaves_nothing_and_keeps_the_service_from_starting",),
    ),
    Mutation(
        "both-homes-send-for-a-shop-that-moves",
        "nothing is sent for a shop that moves",
        "services/notify/src/notify/sends/claim.py",
        "if send.shop in terms.moving and now < send.no_later_than:",
        "if send.shop in terms.moving and now > send.no_later_than:",
        (
            "tests/integration/notify/sends/test_moving_shops.py"
            "::test_nothing_is_sent_for_a_shop_that_moves_and_what_waits_is_sent_where_it_does_not",
        ),
    ),
    Mutation(
        "rows-and-records-of-two-instants-are-moved",
        "rows are taken again if something of the shop happened meanwhile",
        f"{_LOCAL}/export_shop.py",
        "if not await anything_new(consumer, home, shop, ends):",
        "if await anything_new(consumer, home, shop, ends) is not None:",
        ("tests/e2e/test_moving.py::test_what_happens_meanwhile_is_taken_along_and_what_is_interrupted_goes_on",),
    ),
    Mutation(
        "a-shop-moves-in-under-a-running-process",
        "no shop moves into a database to which a web or worker process is connected",
        "libs/shared/src/mandegar/run/moving_mark.py",
        '["relay", "wakeups", *(f"{service}-{pool}" for pool in PROCESS_POOLS)],',
        '["relay"],',
        (f"{_ROWS}::test_no_shop_moves_into_a_database_that_a_process_serves",),
    ),
    Mutation(
        "a-process-that-began-to-start-is-overlooked",
        "rows are not taken in while a process is connected",
        f"{_MOVING}/bring_in.py",
        """first")
            await _require_unserved(connection, service.name)
""",
        """first")
""",
        (f"{_ROWS}::test_no_shop_moves_into_a_database_that_a_process_serves",),
    ),
    Mutation(
        "two-runs-move-in-at-once",
        "one run holds the databases of an installation",
        f"{_LOCAL}/move_in.py",
        "runs = [await stack.enter_async_context(sole_run(home.worker_url(each))) for each in home.services]",
        "runs = [sole_run(home.worker_url(each)) for each in home.services]",
        (f"{_ROWS}::test_of_two_runs_into_one_installation_the_second_is_refused_and_told_who_the_first_is",),
    ),
    Mutation(
        "a-killed-run-takes-rows-in-beside-the-next",
        "one transaction takes rows in",
        f"{_MOVING}/sole_run.py",
        'if not await connection.fetchval("SELECT pg_try_advisory_xact_lock($1::bigint)", _ROWS):',
        'if await connection.fetchval("SELECT NOT pg_try_advisory_xact_lock($1::bigint) AND false", _ROWS):',
        (f"{_ROWS}::test_what_a_killed_run_left_running_is_waited_for",),
    ),
    Mutation(
        "a-shop-is-exported-under-another-key",
        "the key of an export is that of the services",
        f"{_MOVING}/take_out.py",
        "if stored != identity_of(identity_key):",
        "if not stored:",
        (f"{_ROWS}::test_a_database_has_one_identity_key",),
    ),
    Mutation(
        "a-service-starts-with-another-identity-key",
        "a database has one identity key",
        "libs/shared/src/mandegar/run/identity_mark.py",
        "if stored == identity:",
        "if stored is not None:",
        (f"{_ROWS}::test_a_database_has_one_identity_key",),
    ),
    Mutation(
        "deleted-records-are-exported-as-if-there-had-been-none",
        "an export tells which records the brokers no longer have",
        f"{_LOCAL}/read_records.py",
        "expected = first = min(deleted.get((topic, number), 0), end)",
        "expected = first = 0",
        (
            "tests/integration/local/test_moving_records.py::"
            "test_an_export_tells_what_the_brokers_no_longer_have_and_is_not_moved_in_by_mistake",
        ),
    ),
    Mutation(
        "a-shop-moves-onto-emptied-topics",
        "records are written to topics that begin at offset 0",
        f"{_LOCAL}/write_records.py",
        "        await _require_new_topics(consumer, home)\n",
        "",
        ("tests/integration/local/test_moving_records.py::test_no_shop_moves_onto_topics_that_were_emptied",),
    ),
    Mutation(
        "a-move-that-was-given-up-keeps-services-from-starting",
        "the mark of a move that was given up gives way to that of another archive",
        "libs/shared/src/mandegar/run/marks.py",
        '    await connection.execute("DELETE FROM offsets WHERE consumer_group = $1", group)\n',
        "",
        (f"{_ROWS}::test_a_move_that_was_given_up_gives_way_to_another_archive",),
    ),
    Mutation(
        "a-shop-moves-onto-other-records",
        "topics with other records than the archive are refused",
        f"{_LOCAL}/write_records.py",
        "if record is None or (record.key.encode(), _value(record)) != (there.key, there.value):",
        "if record is None:",
        ("tests/integration/local/test_moving_records.py::test_topics_that_have_anything_else_are_left_as_they_are",),
    ),
)
