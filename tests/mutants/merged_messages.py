"""Mutations of the guards around messages of somebody who had two ids."""

from mutants.mutation import Mutation

_NOTIFY = "services/notify/src/notify"
_CONTACTS = "tests/integration/notify/contacts/test_merge.py"
_SENDS = "tests/integration/notify/sends/test_merge.py"
_LAW = "tests/unit/notify/domain/test_one_person.py"
_RULE = "tests/integration/notify/sends/test_merge_rule.py"

MUTATIONS = (
    Mutation(
        "merges-forget-withdrawals-of-aliases",
        "a withdrawal of either holds",
        f"{_NOTIFY}/domain/one_person.py",
        'and (each.statement.status == "withdrawn" or same_address(each.address, address))',
        "and same_address(each.address, address)",
        (f"{_LAW}::test_of_what_the_shop_stated_about_both_the_law_gives_what_stands",),
    ),
    Mutation(
        "grants-of-aliases-move-to-another-address",
        "a consent belongs to one address",
        f"{_NOTIFY}/domain/one_person.py",
        'and (each.statement.status == "withdrawn" or same_address(each.address, address))',
        "and True",
        (f"{_LAW}::test_of_what_the_shop_stated_about_both_the_law_gives_what_stands",),
    ),
    Mutation(
        "old-words-of-withdrawal-are-outdone-by-other-addresses",
        "a withdrawal of either holds",
        f"{_NOTIFY}/domain/one_person.py",
        "max(unaddressed or words,",
        "max(words,",
        (f"{_LAW}::test_of_a_customers_own_words_the_later_one_stands",),
    ),
    Mutation(
        "versions-fall-at-a-merge",
        "what is from before a merge does not take the place of the root's",
        f"{_NOTIFY}/domain/one_person.py",
        "max(root.points_version, alias.points_version)",
        "root.points_version",
        (f"{_LAW}::test_points_are_those_of_the_higher_version_and_no_version_falls",),
    ),
    Mutation(
        "late-snapshots-of-aliases-are-the-roots",
        "what is from before a merge does not take the place of the root's",
        f"{_NOTIFY}/contacts/apply.py",
        """        if event.alias is None:
            by_customer""",
        """        if True:
            by_customer""",
        (f"{_CONTACTS}::test_any_order_ends_with_the_snapshot_of_after_the_merge",),
    ),
    Mutation(
        "late-snapshots-of-roots-are-dropped",
        "a withdrawal counts whenever it arrives",
        f"{_NOTIFY}/contacts/apply.py",
        "        if present[key].has_aliases:\n",
        "        if False:\n",
        (f"{_CONTACTS}::test_a_withdrawal_that_the_root_stated_before_the_merge_counts_when_it_arrives_behind_it",),
    ),
    Mutation(
        "words-of-aliases-are-stored-with-the-alias",
        "an old id withdraws for the person",
        f"{_NOTIFY}/contacts/rows.py",
        "(SELECT coalesce(max(merged_into), $2) AS root FROM customers WHERE shop = $1 AND customer_id = $2) person",
        "(SELECT $2 AS root) person",
        (f"{_CONTACTS}::test_the_old_id_withdraws_for_the_root",),
    ),
    Mutation(
        "locks-of-contacts-stay-with-who-was-merged-meanwhile",
        "an old id withdraws for the person",
        f"{_NOTIFY}/contacts/rows.py",
        """    while row is not None and row["merged_into"] is not None:""",
        """    while False:""",
        (f"{_CONTACTS}::test_a_withdrawal_that_waits_for_a_merge_is_the_roots",),
    ),
    Mutation(
        "closed-ledgers-of-aliases-are-empty",
        "what is from before a merge does not take the place of the root's",
        f"{_NOTIFY}/contacts/apply.py",
        'event.type == "points.posted" and event.data.merged_into is None',
        'event.type == "points.posted"',
        (f"{_CONTACTS}::test_that_the_ledger_of_an_alias_is_closed_is_no_lack_of_points",),
    ),
    Mutation(
        "sends-stay-with-the-alias",
        "caps and exits count what both ids were sent",
        f"{_NOTIFY}/sends/merge.py",
        "    await move_sends(connection, pairs, now)\n",
        "",
        (f"{_SENDS}::test_two_waiting_messages_of_one_journey_end_as_one",),
    ),
    Mutation(
        "two-ids-of-one-person-get-a-copy-each",
        "one person gets one copy",
        f"{_NOTIFY}/domain/arbiter.py",
        "    if any(now - instant < ONE_COPY for instant in case.journey_sent_as_another):\n",
        "    if False:\n",
        (f"{_SENDS}::test_without_a_cooldown_one_person_gets_a_message_once_too",),
    ),
    Mutation(
        "late-triggers-forget-their-id",
        "one person gets one copy",
        f"{_NOTIFY}/sends/apply.py",
        "        started_as=event.alias,\n",
        "",
        (f"{_SENDS}::test_a_trigger_that_arrives_behind_the_merge_is_told_by_the_id_it_was_published_under",),
    ),
    Mutation(
        "merges-end-no-journeys",
        "a journey ends with the acts of the person",
        f"{_NOTIFY}/sends/merge.py",
        "    exited = await withdraw_exited(connection, roots, now)\n",
        "    exited: Sequence[Event] = []\n",
        (f"{_SENDS}::test_a_merge_ends_what_a_purchase_of_the_other_would_have",),
    ),
    Mutation(
        "bands-of-aliases-are-compared-with-the-roots",
        "bands are counted by each id",
        f"{_NOTIFY}/sends/merge_rows.py",
        "                    ELSE greatest((s.payload ->> 'version')::bigint, m.root_left) END)\n",
        "                    ELSE (s.payload ->> 'version')::bigint END)\n",
        (f"{_SENDS}::test_bands_are_counted_by_each_id_and_from_then_on_by_the_root",),
    ),
    Mutation(
        "bands-that-aliases-left-are-forgotten",
        "bands are counted by each id",
        f"{_NOTIFY}/sends/merge_rows.py",
        "WHEN (s.payload ->> 'version')::bigint < m.alias_left THEN -1",
        "WHEN false THEN -1",
        (f"{_SENDS}::test_a_band_that_the_alias_had_left_is_over_for_what_is_tried_again",),
    ),
    Mutation(
        "large-merges-hold-up-the-lane",
        "a merge too large for a batch is left to the lane beside",
        f"{_NOTIFY}/sends/merge.py",
        "    needs_longer(await load_large(connection, pairs, SENDS_MAX))\n",
        "",
        (f"{_SENDS}::test_a_merge_of_many_messages_is_left_to_the_lane_beside",),
    ),
    Mutation(
        "rebuilds-withhold-at-merges",
        "a rebuild takes decisions from notify's own topic",
        f"{_NOTIFY}/sends/rebuild.py",
        "    merge=move,\n",
        "",
        ("tests/integration/notify/sends/test_rebuild_of_merged.py",),
    ),
    Mutation(
        "restored-words-follow-the-order-of-partitions",
        "the latest word counts",
        f"{_NOTIFY}/contacts/rows.py",
        "own_consents #>> ARRAY[$3, 'status']) <= ($5, $6))",
        "own_consents #>> ARRAY[$3, 'status']) <= ($5, $6) OR true)",
        ("tests/integration/notify/sends/test_rebuild_of_merged.py",),
    ),
)
