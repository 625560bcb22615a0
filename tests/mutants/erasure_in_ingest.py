"""Guards of the erasure in ingest: the gate at the door, and that a person goes whole and alone."""

from mutants.mutation import Mutation

_INGEST = "services/ingest/src/ingest"
_ERASURE = f"{_INGEST}/erasure"
_TESTS = "tests/integration/ingest/erasure"

MUTATIONS = (
    Mutation(
        "a-merge-into-somebody-readmitted-knows-of-no-erasure",
        "merges after a readmission",
        f"{_INGEST}/identity/events.py",
        "        erasures=erasures.version(change.root),\n",
        "",
        (f"{_TESTS}/test_erasing.py::test_a_merge_tells_the_partitions_of_both_what_was_erased_before",),
    ),
    Mutation(
        "an-order-id-like-a-phone-number-outlives-its-person",
        "ids of orders of the erased",
        f"{_ERASURE}/rows.py",
        "(?!.*[0-9]([_-]*[0-9]){8})",
        "",
        (f"{_TESTS}/test_erasing.py::test_of_orders_the_ids_stay_that_name_nobody",),
    ),
    Mutation(
        "events-of-the-erased-are-stored",
        "the gate",
        f"{_INGEST}/hallway/rows/history.py",
        "        WHERE event_id NOT IN (SELECT event_id FROM suppressed)\n",
        "",
        (f"{_TESTS}/test_the_gate.py::test_later_events_are_suppressed_and_leave_nothing",),
    ),
    Mutation(
        "unusable-events-of-the-erased-are-quarantined",
        "the gate",
        f"{_INGEST}/hallway/quarantine.py",
        "        if entries[id(refusal)] in erased:\n",
        "        if False:\n",
        (f"{_TESTS}/test_the_gate.py::test_later_events_are_suppressed_and_leave_nothing",),
    ),
    Mutation(
        "a-browser-of-the-erased-is-theirs-for-ever",
        "the gate",
        f"{_INGEST}/hallway/rows/history.py",
        "                  AND (c.merged_into IS NULL OR NOT EXISTS (\n"
        "                    SELECT FROM browser_customers b\n"
        "                    WHERE b.shop = c.shop AND b.browser_id = c.customer_id AND b.at <= w.time))\n",
        "",
        (f"{_TESTS}/test_what_goes.py::test_a_browser_is_suppressed_until_somebody_else_uses_it",),
    ),
    Mutation(
        "a-repeat-of-what-was-erased-is-suppressed",
        "resent after an erasure: a duplicate",
        f"{_INGEST}/hallway/accept.py",
        "        if id_ in erased and id_ not in stored:\n",
        "        if id_ in erased:\n",
        (f"{_TESTS}/test_the_gate.py::test_what_was_accepted_before_stays_a_duplicate",),
    ),
    Mutation(
        "the-erased-claim-orders",
        "a refund goes to who is left",
        f"{_INGEST}/hallway/rows/order_owners.py",
        "          AND c.erased_at IS NULL\n",
        "",
        (f"{_TESTS}/test_the_gate.py::test_an_order_that_another_account_claims_as_well_is_theirs",),
    ),
    Mutation(
        "the-erased-are-merged",
        "nobody merges with the erased",
        f"{_INGEST}/identity/merge.py",
        '            is_ = "erased"\n',
        "            pass\n",
        (f"{_TESTS}/test_the_gate.py::test_nobody_becomes_an_alias_of_an_erased_customer_or_takes_one",),
    ),
    Mutation(
        "a-profile-is-kept-behind-the-erasure",
        "at the same moment",
        f"{_INGEST}/hallway/profiles.py",
        "for key, candidates in patched.items() if not standings.is_erased(key)}",
        "for key, candidates in patched.items()}",
        (f"{_TESTS}/test_at_once.py::test_a_door_that_has_waited_for_an_erasure_changes_no_profile",),
    ),
    Mutation(
        "an-erasure-ends-before-the-transactions-that-had-begun",
        "at the same moment",
        f"{_ERASURE}/unfinished_rows.py",
        "            WHERE running_until IS NULL"
        " OR running_until < pg_snapshot_xmin(pg_current_snapshot())::text::bigint\n",
        "",
        (f"{_TESTS}/test_at_once.py",),
    ),
    Mutation(
        "whoever-comes-again-is-erased-by-the-rest-of-the-erasure",
        "a readmission waits for the erasure",
        f"{_ERASURE}/readmit.py",
        "        if await is_unfinished(connection, customer.shop, person.erasure):\n",
        "        if False:\n",
        (f"{_TESTS}/test_erasing.py::test_who_is_not_erased_is_not_readmitted",),
    ),
    Mutation(
        "an-erasure-is-not-above-the-readmission-before-it",
        "versions of erasures grow",
        f"{_ERASURE}/erase.py",
        "        version = 1 + max(each.erasure_version for each in person.identities)\n",
        "        version = 1\n",
        (f"{_TESTS}/test_erasing.py::test_who_is_erased_again_gets_another_erasure",),
    ),
    Mutation(
        "what-was-published-before-is-not-told",
        "versions of snapshots grow",
        f"{_INGEST}/rebuild/erasures.py",
        "StoredProfile(max(before.version, last), profile)",
        "StoredProfile(before.version, profile)",
        (f"{_TESTS}/test_rebuilding.py::test_the_next_snapshot_is_above_those_that_compaction_has_removed",),
    ),
    Mutation(
        "a-rebuild-takes-back-an-erasure",
        "a rebuild ends erased",
        f"{_INGEST}/rebuild/apply.py",
        "if event.type in SNAPSHOTS and not standings.drops(unrouted(event))]\n",
        "if event.type in SNAPSHOTS]\n",
        (f"{_TESTS}/test_rebuilding.py::test_a_rebuild_ends_erased",),
    ),
    Mutation(
        "an-erasure-reaches-into-other-shops",
        "another shop's id is somebody else",
        f"{_ERASURE}/rows.py",
        "FROM ids JOIN events e ON e.shop = ids.shop AND e.customer_id = ids.id\n",
        "FROM ids JOIN events e ON e.customer_id = ids.id\n",
        (f"{_TESTS}/test_what_goes.py::test_the_same_id_in_another_shop_is_somebody_else",),
    ),
    Mutation(
        "an-address-of-two-accounts-becomes-that-of-the-other",
        "an address is given to nobody",
        f"{_ERASURE}/rows.py",
        "            WHERE o.customer_id <> ALL($2::text[]) AND gone.guest_id <> ALL($2::text[])\n",
        "            WHERE false\n",
        (f"{_TESTS}/test_what_goes.py::test_an_address_of_two_accounts_stays_that_of_nobody",),
    ),
    Mutation(
        "somebody-elses-event-goes-with-an-address-in-it",
        "somebody else's stays",
        f"{_ERASURE}/rows.py",
        "                SELECT count(*) = 0 OR bool_or(name = ANY(p.ids))\n",
        "                SELECT true\n",
        (f"{_TESTS}/test_what_goes.py::test_what_is_somebody_elses_stays",),
    ),
    Mutation(
        "any-token-erases",
        "the scope of erasures",
        f"{_ERASURE}/routes.py",
        'customer(TokenAccess(("customers:erase",)))',
        'customer(TokenAccess(("customers:erase", "customers:read"), customer_scopes=("customers:erase",)))',
        (f"{_TESTS}/test_the_gate.py::test_tokens_without_the_scope_or_of_another_shop_erase_nobody",),
    ),
)
