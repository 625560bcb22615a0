"""Guards of erasures: nothing of a person stays or comes back, and nothing of anybody else goes with them."""

from mutants.mutation import Mutation

_LIBRARY = "libs/shared/src/mandegar"
_CUSTOMERS = "tests/integration/shared/customers"
_ERASING = f"{_CUSTOMERS}/test_erasing.py"
_TOMBSTONES = "tests/integration/shared/outbox/test_tombstones.py"
_COMES_BACK = "what comes of an erased customer has no effect"

MUTATIONS = (
    Mutation(
        "events-of-erased-customers-are-applied",
        _COMES_BACK,
        f"{_LIBRARY}/customers/applying.py",
        "if standings.erasures and not subscription.sees_erased:",
        "if False:",
        (f"{_ERASING}::test_what_comes_of_an_erased_customer_is_dropped_claimed_and_no_dead_letter",),
    ),
    Mutation(
        "events-from-before-an-erasure-count-after-a-readmission",
        _COMES_BACK,
        f"{_LIBRARY}/customers/standings.py",
        " or event.recorded_time < own.before",
        "",
        (f"{_ERASING}::test_an_event_from_before_the_erasure_does_not_count_for_a_customer_who_was_readmitted",),
    ),
    Mutation(
        "tombstones-of-readmitted-customers-are-applied",
        "a tombstone that is published again changes nothing",
        f"{_LIBRARY}/customers/standings.py",
        "event.type == TOMBSTONE or ",
        "",
        (f"{_TOMBSTONES}::test_a_tombstone_of_a_customer_who_was_readmitted_changes_nothing",),
    ),
    Mutation(
        "the-lock-of-an-erased-customer-shows-what-was-before-it",
        "re-check after the lock",
        f"{_LIBRARY}/customers/locking.py",
        "WHERE merged_into IS NOT NULL OR erasure_version IS NOT NULL",
        "WHERE merged_into IS NOT NULL",
        (f"{_ERASING}::test_an_event_that_waits_for_the_lock_of_a_customer_is_dropped_after_the_erasure",),
    ),
    Mutation(
        "old-erasures-are-applied-again",
        "version of an erasure",
        f"{_LIBRARY}/customers/erasing.py",
        "if stored is None or version > stored.version or (",
        "if True or (",
        (f"{_ERASING}::test_what_is_older_than_the_stored_version_changes_nothing",),
    ),
    Mutation(
        "old-readmissions-lift-later-erasures",
        "version of an erasure",
        f"{_LIBRARY}/customers/erasing.py",
        "stored.erased and version > stored.version:",
        "stored.erased:",
        (f"{_ERASING}::test_what_is_older_than_the_stored_version_changes_nothing",),
    ),
    Mutation(
        "an-erasure-concerns-the-id-of-its-record-alone",
        "all ids of a person are erased at once",
        f"{_LIBRARY}/customers/erasing.py",
        "{event.customer, *people[standings.root(event.customer)]}",
        "{event.customer}",
        (
            f"{_ERASING}::test_what_an_alias_did_before_does_not_count_for_a_root_who_was_readmitted_meanwhile",
            f"{_CUSTOMERS}/test_erasing_rule.py",
        ),
    ),
    Mutation(
        "erasures-do-not-exclude-groups-with-rows-of-their-own",
        "exclusion of erasures",
        f"{_LIBRARY}/customers/erasing.py",
        "if causes and excluded:",
        "if False:",
        (f"{_ERASING}::test_a_group_with_rows_of_its_own_and_an_erasure_keep_out_of_each_others_way",),
    ),
    Mutation(
        "a-batch-deletes-whatever-a-person-has",
        "a person with many rows holds up no lane",
        f"{_LIBRARY}/customers/erasing.py",
        "        needs_longer(key for key, rows in deleted.items() if rows * len(keys) >= ROWS_AT_ONCE)\n",
        "",
        (f"{_ERASING}::test_a_person_with_more_rows_than_a_batch_deletes_is_erased_beside",),
    ),
    Mutation(
        "erasures-are-applied-before-the-acts-in-front-of-them",
        "order of acts and erasures",
        f"{_LIBRARY}/customers/applying.py",
        "begins = bool(segment.identities) or event.customer in segment.customers",
        "begins = False",
        (
            f"{_ERASING}::test_what_stands_before_an_erasure_is_erased_and_what_stands_behind_a_readmission_counts",
            f"{_CUSTOMERS}/test_erasing_rule.py",
        ),
    ),
    Mutation(
        "acts-before-a-merge-count-for-a-root-who-was-erased-since",
        "order of acts and merges into somebody who was erased",
        f"{_LIBRARY}/customers/applying.py",
        "begins = erasing and event.type in IDENTITY_TYPES and bool(segment.rest)",
        "begins = False",
        (f"{_ERASING}::test_what_an_alias_did_before_does_not_count_for_a_root_who_was_readmitted_meanwhile",),
    ),
    Mutation(
        "an-alias-gives-what-it-holds-to-an-erased-root",
        _COMES_BACK,
        f"{_LIBRARY}/customers/merging.py",
        "        return root is not None\n",
        "        return False\n",
        (f"{_ERASING}::test_who_is_merged_into_an_erased_root_is_erased_and_told_with_the_root",),
    ),
    Mutation(
        "an-alias-of-before-an-erasure-gives-to-a-readmitted-root",
        _COMES_BACK,
        f"{_LIBRARY}/customers/merging.py",
        " and root.version > event.data.erasures",
        " and False",
        (f"{_ERASING}::test_what_an_alias_did_before_does_not_count_for_a_root_who_was_readmitted_meanwhile",),
    ),
    Mutation(
        "who-was-split-stays-erased-with-the-former-root",
        "nothing of anybody else is erased",
        f"{_LIBRARY}/customers/merging.py",
        "    await _lift_marks(connection, changes, standings)\n",
        "",
        (f"{_ERASING}::test_who_was_split_before_the_root_was_erased_keeps_what_is_theirs",),
    ),
    Mutation(
        "erased-customers-become-due",
        "nothing of an erased customer becomes due",
        f"{_LIBRARY}/customers/erasure_rows.py",
        "due_at = NULL, ",
        "",
        (f"{_ERASING}::test_the_timer_and_walks_over_the_shop_leave_erased_customers_out",),
    ),
    Mutation(
        "walks-over-a-shop-find-erased-customers",
        "nothing is computed of an erased customer",
        f"{_LIBRARY}/customers/walk.py",
        " AND erased_at IS NULL",
        "",
        (f"{_ERASING}::test_the_timer_and_walks_over_the_shop_leave_erased_customers_out",),
    ),
    Mutation(
        "a-settling-that-waits-settles-an-erased-customer",
        "nothing is computed of an erased customer",
        f"{_LIBRARY}/lanes/beside.py",
        "if not standings.is_erased(key):",
        "if True:",
        (f"{_ERASING}::test_a_settling_that_waits_of_an_erased_customer_is_left_out",),
    ),
    Mutation(
        "dead-letters-of-the-batch-that-erases-stay",
        "no record of an erased customer is stored",
        f"{_LIBRARY}/lanes/application.py",
        "        if letters:\n            letters = await _without_erased(",
        "        if False:\n            letters = await _without_erased(",
        (
            f"{_ERASING}::test_dead_letters_of_the_person_are_deleted_those_of_the_same_batch_too",
            f"{_ERASING}::test_an_unreadable_record_of_an_erased_customer_is_not_stored",
        ),
    ),
    Mutation(
        "an-erasure-deletes-the-tombstone-as-well",
        "the topic of contacts forgets the person",
        f"{_LIBRARY}/customers/erasure_rows.py",
        "AND topic = ANY($2::text[]) AND value IS NOT NULL\n                RETURNING key)",
        "AND topic = ANY($2::text[])\n                RETURNING key)",
        (f"{_TOMBSTONES}::test_an_erasure_deletes_what_was_published_of_a_contact_but_not_the_tombstone",),
    ),
)
