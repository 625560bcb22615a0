"""Guards of merges: applied once, in the order of the alias, to one root, beside nobody who works for an old one."""

from mutants.mutation import Mutation

_LIBRARY = "libs/shared/src/mandegar"
_CUSTOMERS = "tests/integration/shared/customers"
_MERGING = f"{_CUSTOMERS}/test_merging.py"
_FOREST = "tests/unit/shared/customers/test_forest.py"

MUTATIONS = (
    Mutation(
        "old-merges-are-applied-again",
        "version of an alias",
        f"{_LIBRARY}/customers/merging.py",
        "if version > stored and (",
        "if version and (",
        (f"{_MERGING}::test_a_merge_that_is_released_after_a_later_split_changes_nothing",),
    ),
    Mutation(
        "merges-of-the-roots-partition-overtake-the-alias",
        "order of an alias's acts and merges",
        f"{_LIBRARY}/customers/merging.py",
        "(event.customer == alias or _is_next(event, stored, standings))",
        "True",
        (f"{_MERGING}::test_a_merge_of_the_roots_partition_waits_for_what_the_alias_did_before",),
    ),
    Mutation(
        "the-cause-of-a-merge-is-the-record-that-came-first",
        "ids that follow from causes",
        f"{_LIBRARY}/customers/merging.py",
        "id=merge_id(alias, event.data.version, event.type), ",
        "",
        (f"{_MERGING}::test_the_cause_of_what_a_merge_publishes_is_the_same_from_whichever_partition",),
    ),
    Mutation(
        "splits-are-applied-before-the-acts-in-front-of-them",
        "order of an alias's acts and splits",
        f"{_LIBRARY}/customers/applying.py",
        "begins = bool(segment.identities or segment.rest)",
        "begins = False",
        (f"{_MERGING}::test_a_split_gives_back_what_comes_later_only",),
    ),
    Mutation(
        "events-of-aliases-stay-with-them",
        "routing to the root",
        f"{_LIBRARY}/customers/applying.py",
        "    if not roots:\n        return events\n    return [",
        "    if True:\n        return events\n    return [",
        (f"{_MERGING}::test_the_root_takes_over_what_was_and_what_comes",),
    ),
    Mutation(
        "merges-do-not-exclude-groups-with-rows-of-their-own",
        "exclusion of merges",
        f"{_LIBRARY}/customers/merging.py",
        "    if excluded:",
        "    if False:",
        (f"{_MERGING}::test_a_group_with_rows_of_its_own_and_a_merge_keep_out_of_each_others_way",),
    ),
    Mutation(
        "groups-with-rows-of-their-own-do-not-hold-merges",
        "exclusion of merges",
        f"{_LIBRARY}/customers/alias_rows.py",
        '    await connection.execute("SELECT pg_advisory_xact_lock_shared($1)", _MERGES)\n',
        "",
        (f"{_MERGING}::test_a_group_with_rows_of_its_own_and_a_merge_keep_out_of_each_others_way",),
    ),
    Mutation(
        "what-leads-to-an-alias-is-not-read",
        "flattened roots",
        f"{_LIBRARY}/customers/alias_rows.py",
        "c.alias_of = b.customer_id",
        "false",
        (f"{_MERGING}::test_a_chain_ends_at_its_root_and_no_root_is_an_alias",),
    ),
    Mutation(
        "circles-have-two-roots",
        "one root of a circle",
        f"{_LIBRARY}/customers/forest.py",
        "return min(way[way.index(key) :])",
        "return key",
        (_FOREST,),
    ),
    Mutation(
        "the-lock-of-an-alias-shows-what-was-before-it",
        "re-check after the lock",
        f"{_LIBRARY}/customers/locking.py",
        "SELECT * FROM locked WHERE merged_into IS NOT NULL OR erasure_version IS NOT NULL",
        "SELECT c.shop, c.customer_id, c.merged_into, false, NULL::bigint FROM locked"
        " JOIN customers c USING (shop, customer_id) WHERE c.merged_into IS NOT NULL",
        (f"{_MERGING}::test_an_event_that_waits_for_the_lock_of_an_alias_goes_to_the_root_after_the_merge",),
    ),
    Mutation(
        "aliases-become-due",
        "nothing of an alias becomes due",
        f"{_LIBRARY}/customers/alias_rows.py",
        "due_at = CASE WHEN w.root IS NULL THEN c.due_at END",
        "due_at = c.due_at",
        (f"{_MERGING}::test_an_alias_is_not_settled_although_the_timer_saw_it_due",),
    ),
    Mutation(
        "splits-overtake-what-waits-of-the-root",
        "later events of a customer wait behind",
        f"{_LIBRARY}/lanes/application.py",
        "            self.beside.add(queue)\n",
        "",
        (f"{_MERGING}::test_a_merge_and_a_split_keep_their_order_with_what_waits",),
    ),
    Mutation(
        "aliases-overtake-what-waits-of-the-root",
        "later events of a customer wait behind",
        f"{_LIBRARY}/lanes/application.py",
        "        if self.beside and roots:\n            items = self._leave(items, roots)\n"
        "            events = [item.event for item in items]\n",
        "",
        (f"{_CUSTOMERS}/test_merging_rule.py",),
    ),
    Mutation(
        "recomputing-takes-aliases-for-customers",
        "nothing is computed of an alias",
        f"{_LIBRARY}/documents/recompute.py",
        "key not in standings.roots and ",
        "",
        (
            "tests/integration/loyalty/programme/test_recompute.py"
            "::test_who_becomes_an_alias_while_their_page_is_locked_is_not_made_due",
        ),
    ),
    Mutation(
        "a-settling-that-waits-is-the-aliases",
        "nothing is settled of an alias",
        f"{_LIBRARY}/lanes/beside.py",
        "standings.root(key), now, give_up",
        "key, now, give_up",
        (f"{_MERGING}::test_a_settling_that_waits_is_that_of_the_root",),
    ),
)
