"""Guards of customers of churn who turn out to be one: nothing counts twice, each crossing is told once."""

from mutants.mutation import Mutation

_CHURN = "services/churn/src/churn"
_UNION = f"{_CHURN}/domain/union.py"
_MERGE = f"{_CHURN}/customers/merge.py"
_RULE = "tests/unit/churn/customers/test_merge.py"
_TESTS = "tests/integration/churn/customers/test_merge.py"
_REBUILT = "tests/integration/churn/customers/test_merge_rule.py::test_a_rebuild_ends_in_the_same_rows"
_CARDS = "tests/integration/churn/card/test_merged_cards.py"
_MESSAGES = "tests/integration/notify/sends/test_merged_bands.py"
_MOVED = f"{_TESTS}::test_an_order_that_moved_to_the_same_person_stays_in_any_order"

MUTATIONS = (
    Mutation(
        "of-an-order-of-both-one-stands",
        "an order of both has all that either was told",
        _UNION,
        "            known.take_over(order)",
        "            root.orders[name] = order",
        (f"{_TESTS}::test_an_order_of_both_counts_once_by_the_law_of_an_order",),
    ),
    Mutation(
        "the-numbers-of-an-order-are-not-put-together",
        "numbered events of one order are compared across both customers",
        "libs/shared/src/mandegar/events/orders.py",
        "Numbers(_newer(one.numbered, two.numbered), max(one.newest, two.newest), stated)",
        "Numbers(one.numbered, max(one.newest, two.newest), stated)",
        ("tests/contract/test_order_law.py",),
    ),
    Mutation(
        "an-order-that-left-the-guest-stays-away",
        "a union leaves out orders that moved, because their new owner is told of them",
        _UNION,
        "        if order.moved:\n            continue",
        "        if False:\n            continue",
        (_MOVED,),
    ),
    Mutation(
        "a-move-within-one-person-takes-the-order-away",
        "an order that moves to the same person stays",
        "libs/shared/src/mandegar/customers/moved_orders.py",
        "if roots.get(to, to) == customer)",
        "if False)",
        (_MOVED,),
    ),
    Mutation(
        "the-root-remembers-what-it-was-alone",
        "statistics of a root are folded again",
        _UNION,
        "root.is_folded, root.statistics, root.healthy_since, root.past = False, None, None, None",
        "root.past = None",
        (f"{_TESTS}::test_a_merged_customer_is_as_one_who_always_was_one",),
    ),
    Mutation(
        "a-root-counts-on-from-its-own-version",
        "versions of a root are above those of its aliases",
        _MERGE,
        "root.version = max(root.version, *(alias.version for alias in aliases)) + bool(told)",
        "root.version += bool(told)",
        (_RULE,),
    ),
    Mutation(
        "a-band-of-the-alias-is-crossed-into-again",
        "a crossing is told once, under whichever id",
        _MERGE,
        "return crossed.band in {alias.band for alias in aliases}",
        "return False",
        (f"{_TESTS}::test_a_band_that_the_alias_was_in_was_told_of_and_is_only_restated",),
    ),
    Mutation(
        "a-band-of-the-alias-is-forgotten-while-history-comes-in",
        "a crossing is told once, also if a history ends in between",
        _MERGE,
        "    if root.band is None and told:",
        "    if False:",
        (f"{_TESTS}::test_a_customer_with_a_band_keeps_it_when_they_merge_into_one_whose_history_comes_in",),
    ),
    Mutation(
        "a-batch-unites-whoever-comes",
        "who needs more time than a batch has is put together beside",
        _MERGE,
        "for key, union in unions.items() if union.takes_longer(now))",
        "for key, union in unions.items() if False)",
        (f"{_TESTS}::test_more_orders_than_a_batch_has_time_for_are_united_beside",),
    ),
    Mutation(
        "every-alias-has-its-root-folded",
        "an alias without orders costs its root no fold",
        _MERGE,
        "root, follows = union.root, union.changes_score(terms) or not union.root.packed",
        "root, follows = union.root, True",
        (f"{_TESTS}::test_a_browser_that_only_looked_costs_a_customer_of_many_orders_nothing",),
    ),
    Mutation(
        "older-orders-stay-with-the-alias",
        "an alias has nothing afterwards",
        _MERGE,
        "[alias.key for alias in aliases if alias.packed.older_count]",
        "[alias.key for alias in aliases if False]",
        (f"{_TESTS}::test_older_orders_go_along",),
    ),
    Mutation(
        "an-alias-is-computed-under-new-terms",
        "an alias is never due",
        f"{_CHURN}/models/recompute_rows.py",
        "    merged_into IS NULL AND erased_at",
        "    erased_at",
        (f"{_TESTS}::test_an_alias_is_computed_under_no_new_terms",),
    ),
    Mutation(
        "an-alias-opens-the-source-of-its-roots-partition",
        "a source is open in the partitions that it sends to",
        f"{_CHURN}/models/backfill_rows.py",
        "event.customer_id is not None and event.alias is None:",
        "event.customer_id is not None:",
        (f"{_TESTS}::test_history_of_an_alias_opens_no_source_in_the_partition_of_its_root",),
    ),
    Mutation(
        "a-rebuild-gives-the-bands-of-an-alias-to-its-root",
        "a published band is that of the id under which it was published",
        f"{_CHURN}/customers/rebuild.py",
        "newest[unrouted(event).customer] = event",
        "newest[event.customer] = event",
        (_REBUILT,),
    ),
    Mutation(
        "an-id-that-is-an-alias-is-answered-as-empty",
        "a read of an alias is one of its root",
        f"{_CHURN}/risk/read_rows.py",
        "for row in found.rows if row[_MERGED_INTO] is not None}:",
        "for row in found.rows if False}:",
        (f"{_TESTS}::test_an_alias_has_nothing_afterwards_and_each_route_answers_for_its_root",),
    ),
    Mutation(
        "a-closed-ledger-is-a-balance",
        "the closing of an alias's ledger is no balance of the root",
        f"{_CHURN}/card/rules.py",
        'if event.type not in MESSAGE_TYPES and getattr(event.data, "merged_into", None) is None:',
        "if event.type not in MESSAGE_TYPES:",
        (f"{_CARDS}::test_late_parts_of_an_alias_change_nothing_that_is_newer",),
    ),
    Mutation(
        "cards-are-written-while-they-are-put-together",
        "a merge waits for the batches of cards that have begun",
        "libs/shared/src/mandegar/customers/alias_rows.py",
        'await connection.execute("SELECT pg_advisory_xact_lock_shared($1)", _MERGES)',
        "pass",
        (f"{_CARDS}::test_a_batch_of_cards_that_has_begun_is_waited_for",),
    ),
    Mutation(
        "a-true-message-of-an-alias-is-lost",
        "a message about the band that the person is in goes out",
        "services/notify/src/notify/sends/merge_rows.py",
        "AND (w.band IS NULL OR coalesce(s.payload ->> 'band', 'healthy') <> w.band)",
        "AND true",
        (f"{_MESSAGES}::test_what_waits_about_the_band_that_the_person_is_in_goes_out_once",),
    ),
    Mutation(
        "an-alias-that-left-for-its-root-has-bought-nothing",
        "a band that an alias left for its root is not over",
        "services/notify/src/notify/contacts/apply.py",
        "if event.alias is None and event.data.merged_into is None)",
        "if event.alias is None)",
        (f"{_MESSAGES}::test_what_waits_about_the_band_that_the_person_is_in_goes_out_once",),
    ),
)
