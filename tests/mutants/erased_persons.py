"""Guards of erasure in loyalty, churn and notify: nothing stays, nothing comes back, and others lose nothing."""

from mutants.mutation import Mutation

_LOYALTY = "services/loyalty/src/loyalty"
_CHURN = "services/churn/src/churn"
_NOTIFY = "services/notify/src/notify"
_LEDGER = "services/loyalty/migrations/versions/0008_pre_erasable_ledger.py"
_OF_LOYALTY = "tests/integration/loyalty/account/test_erase.py"
_OF_CHURN = "tests/integration/churn/customers/test_erase.py"
_OF_NOTIFY = "tests/integration/notify/contacts/test_erase.py"
_RIGHTS = f"{_OF_LOYALTY}::test_the_worker_may_change_no_entry_but_those_of_erased_customers_and_these_only_as_told"

MUTATIONS = (
    Mutation(
        "a-ledger-that-the-worker-may-delete-from",
        "no serving role deletes an entry of somebody who is not erased",
        _LEDGER,
        'FOR DELETE TO loyalty_worker USING ({_OF_ERASED})"',
        'FOR DELETE TO loyalty_worker USING (true)"',
        (_RIGHTS,),
    ),
    Mutation(
        "a-ledger-whose-entries-the-worker-may-give-away",
        "an entry that is changed names nobody afterwards",
        _LEDGER,
        "WITH CHECK ({_WITHOUT_PERSON})",
        "WITH CHECK (true)",
        (_RIGHTS,),
    ),
    Mutation(
        "amounts-that-the-worker-may-change",
        "amounts and instants of the ledger never change",
        _LEDGER,
        "GRANT DELETE, UPDATE (entry_id,",
        "GRANT DELETE, UPDATE (points, entry_id,",
        (_RIGHTS,),
    ),
    Mutation(
        "books-that-are-not-kept",
        "amounts stay where the shop keeps books",
        f"{_LOYALTY}/account/erase.py",
        "for each in erased if not each.keep_books]",
        "for each in erased]",
        (f"{_OF_LOYALTY}::test_amounts_stay_for_the_books_without_a_person",),
    ),
    Mutation(
        "entries-that-can-be-traced-to-their-order",
        "what stays of an entry has no id that follows from a customer's",
        f"{_LOYALTY}/account/erase_rows.py",
        "entry_id = gen_random_uuid(), customer_id",
        "customer_id",
        (f"{_OF_LOYALTY}::test_amounts_stay_for_the_books_without_a_person",),
    ),
    Mutation(
        "a-large-ledger-in-a-batch",
        "an erasure of many entries is left to the lane beside",
        f"{_LOYALTY}/account/erase.py",
        "    needs_longer(await load_long(connection, [each.customer for each in erased], ENTRIES_MAX))\n",
        "",
        (f"{_OF_LOYALTY}::test_a_customer_of_many_entries_is_erased_beside_the_lane",),
    ),
    Mutation(
        "a-readmitted-customer-with-the-lots-of-before",
        "what is posted after a readmission has ids that nobody has seen",
        f"{_LOYALTY}/domain/ids.py",
        'kind = "lot" if readmission is None else f"lot {readmission}"',
        'kind = "lot"',
        (f"{_OF_LOYALTY}::test_a_readmitted_customer_begins_anew_above_what_was_published",),
    ),
    Mutation(
        "a-rebuild-that-forgets-versions-of-loyalty",
        "versions go on above those that were published before an erasure, also after a rebuild",
        f"{_LOYALTY}/account/rebuild.py",
        "            of_erased=remember_versions,\n",
        "",
        (f"{_OF_LOYALTY}::test_a_rebuild_ends_erased_with_the_versions_that_were_published",),
    ),
    Mutation(
        "a-rebuild-that-forgets-versions-of-churn",
        "versions go on above those that were published before an erasure, also after a rebuild",
        f"{_CHURN}/customers/rebuild.py",
        ", of_erased=remember_versions",
        "",
        (f"{_OF_CHURN}::test_a_rebuild_ends_erased_with_the_versions_that_were_published",),
    ),
    Mutation(
        "a-tombstone-that-a-route-shows",
        "routes know no erased customer",
        f"{_CHURN}/customers/rows.py",
        " AND customer_id = $2 AND erased_at IS NULL",
        " AND customer_id = $2",
        (f"{_OF_CHURN}::test_nothing_is_left_of_a_planted_customer",),
    ),
    Mutation(
        "a-tombstone-under-new-terms",
        "nothing of an erased customer is computed",
        f"{_CHURN}/models/recompute_rows.py",
        "merged_into IS NULL AND erased_at IS NULL",
        "merged_into IS NULL",
        (f"{_OF_CHURN}::test_an_erased_customer_is_in_no_fit_and_under_no_new_terms",),
    ),
    Mutation(
        "a-click-that-is-kept",
        "a click on the link of an erased customer keeps nothing",
        f"{_NOTIFY}/contacts/change_consent.py",
        "    elif await is_erased(connection, customer):\n        return\n",
        "",
        (f"{_OF_NOTIFY}::test_a_click_after_the_erasure_is_answered_kindly_and_keeps_nothing",),
    ),
    Mutation(
        "a-token-that-writes-on-a-tombstone",
        "nobody changes the consents of an erased customer",
        f"{_NOTIFY}/contacts/rows.py",
        "c.customer_id = person.root AND c.erased_at IS NULL\n",
        "c.customer_id = person.root\n",
        (f"{_OF_NOTIFY}::test_nothing_is_left_of_a_planted_customer",),
    ),
    Mutation(
        "a-contact-that-an-older-erasure-clears",
        "a snapshot from after the readmission stays",
        f"{_NOTIFY}/contacts/erase_rows.py",
        "c.contact_version <= w.version OR EXISTS",
        "true OR EXISTS",
        (f"{_OF_NOTIFY}::test_a_contact_from_after_the_readmission_stays_whichever_topic_comes_first",),
    ),
    Mutation(
        "a-suppression-that-goes",
        "a withdrawal for an address outlives the customer",
        f"{_NOTIFY}/contacts/erase_rows.py",
        "                AND a.status = 'granted'\n",
        "",
        (f"{_OF_NOTIFY}::test_withdrawals_stay_under_the_hash_of_the_address_alone_and_grants_go",),
    ),
    Mutation(
        "a-grant-of-somebody-else-that-goes",
        "an erasure takes no consent from another customer with the address",
        f"{_NOTIFY}/contacts/erase_rows.py",
        "(a.shop, a.channel, a.address_id, a.at) = (s.shop, s.channel, s.address_id, s.at)",
        "(a.shop, a.channel, a.address_id) = (s.shop, s.channel, s.address_id)",
        (f"{_OF_NOTIFY}::test_a_later_word_of_somebody_else_about_the_same_address_stays",),
    ),
    Mutation(
        "a-tombstone-of-an-alias-that-clears-the-root",
        "a tombstone ends the snapshots of its own key",
        f"{_NOTIFY}/contacts/apply.py",
        "if event.type == TOMBSTONE and not event.alias}",
        "if event.type == TOMBSTONE}",
        (f"{_OF_NOTIFY}::test_the_tombstone_of_an_alias_leaves_the_contact_of_the_root",),
    ),
    Mutation(
        "a-tombstone-that-clears-nothing",
        "a tombstone clears the contact before the erasure is heard of",
        f"{_NOTIFY}/contacts/apply.py",
        "        await clear_contacts(connection, [ErasedRow(*key, version=VERSION_MAX) for key in last])\n",
        "        pass\n",
        (f"{_OF_NOTIFY}::test_a_tombstone_clears_the_contact_before_the_erasure_is_heard_of",),
    ),
    Mutation(
        "a-rebuild-that-forgets-withdrawals",
        "a withdrawal for an address outlives a rebuild",
        f"{_NOTIFY}/contacts/rebuild.py",
        ", of_erased=restore_withdrawals",
        "",
        (f"{_OF_NOTIFY}::test_a_rebuild_ends_erased_and_withdrawals_still_count",),
    ),
)
