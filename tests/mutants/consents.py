"""Mutations of the guards around consent: it belongs to an address and to its time, and so do messages."""

from mutants.mutation import Mutation

_INGEST = "services/ingest/src/ingest"
_NOTIFY = "services/notify/src/notify"
_LAW = "libs/shared/src/mandegar/events/consents.py"
_OF_INGEST = "tests/unit/ingest/domain/test_consents.py"
_OF_NOTIFY = "tests/integration/notify/contacts/test_addresses.py"
_IMPORTED = "tests/integration/notify/contacts/test_imported_consents.py"

MUTATIONS = (
    Mutation(
        "a-consent-is-not-younger-than-its-event",
        "a consent counts from when it was given",
        f"{_INGEST}/domain/patches.py",
        "return event_time(form.at, zone=self._shop.zone, now=self._now)",
        "return event_time(form.at, zone=self._shop.zone, now=self._time)",
        (f"{_IMPORTED}::test_a_consent_arrives_as_it_was_given",),
    ),
    Mutation(
        "a-withdrawal-needs-its-evidence",
        "a withdrawal stands if its evidence cannot be read",
        f"{_INGEST}/domain/patches.py",
        """if status == "granted" and (method is None or at is None):""",
        "if method is None or at is None:",
        (f"{_IMPORTED}::test_a_withdrawal_whose_date_cannot_be_read_counts_from_the_time_of_its_row",),
    ),
    Mutation(
        "a-withdrawal-is-void-before-its-address",
        "a withdrawal that names the present address counts",
        f"{_INGEST}/domain/consents.py",
        "fact.at >= since or _withdraws_from(fact, present))",
        "fact.at >= since)",
        (f"{_IMPORTED}::test_a_denial_for_the_present_address_stands_though_an_older_order_names_another",),
    ),
    Mutation(
        "flags-push-out-dated-statements",
        "flags never beat a dated statement, however many there are",
        f"{_INGEST}/domain/consents.py",
        "_between_equals(together) or _oldest_flag(together)",
        "_between_equals(together) or 0",
        (f"{_IMPORTED}::test_however_often_flags_change_afterwards_a_denial_stands",),
    ),
    Mutation(
        "consents-are-for-any-address",
        "a consent belongs to one address",
        f"{_INGEST}/domain/consents.py",
        "or _address_of(fact, addresses) == present)",
        "or True)",
        (f"{_OF_INGEST}::test_a_consent_belongs_to_the_address_it_was_given_for",),
    ),
    Mutation(
        "consents-outlive-their-address",
        "a consent belongs to the time of its address",
        f"{_INGEST}/domain/consents.py",
        "if (since is None or fact.at >= since or _withdraws_from(fact, present))\n",
        "if True\n",
        (f"{_OF_INGEST}::test_a_consent_belongs_to_the_address_it_was_given_for",),
    ),
    Mutation(
        "repeated-flags-are-news",
        "a repeated flag is no news",
        f"{_INGEST}/domain/consents.py",
        """    while place > 0 and flags[place - 1].value["status"] == flags[place].value["status"]:""",
        """    while False:""",
        (f"{_OF_INGEST}::test_a_consent_belongs_to_the_address_it_was_given_for",),
    ),
    Mutation(
        "flags-undo-withdrawals",
        "a flag never beats a customer's later word",
        _LAW,
        "    if dated is not None:\n        return dated\n",
        "    if dated is not None:\n        return max(dated, flag, key=lambda each: each.at)\n",
        ("tests/unit/shared/events/test_consents.py::test_a_flag_is_no_word_of_the_customer",),
    ),
    Mutation(
        "flags-move-with-the-address",
        "a flag never beats a customer's later word",
        _LAW,
        'elsewhere.status == "withdrawn" and flag.at >= elsewhere.at',
        "False",
        ("tests/unit/notify/domain/test_consent.py",),
    ),
    Mutation(
        "notify-believes-consents-for-any-address",
        "a consent belongs to one address",
        f"{_NOTIFY}/domain/contact.py",
        "if shop is not None and same_address(shop.address, address):",
        "if shop is not None:",
        ("tests/unit/notify/domain/test_consent.py",),
    ),
    Mutation(
        "one-click-leaves-for-one-id",
        "leaving holds for the address",
        f"{_NOTIFY}/contacts/change_consent.py",
        "        if address_id is not None:\n            await save_word(",
        "        if False:\n            await save_word(",
        (f"{_OF_NOTIFY}::test_one_click_leaves_for_the_address_under_every_id_now_and_later",),
    ),
    Mutation(
        "workers-do-not-lock-addresses",
        "one address gets one copy",
        f"{_NOTIFY}/sends/claim.py",
        "    await due_rows.lock_addresses(connection, named)\n",
        "",
        (f"{_OF_NOTIFY}::test_a_claim_waits_for_another_that_writes_to_the_same_address",),
    ),
    Mutation(
        "each-id-gets-a-copy",
        "one address gets one copy",
        f"{_NOTIFY}/domain/arbiter.py",
        "    if _is_written(case, policy, now):",
        "    if False:",
        (f"{_OF_NOTIFY}::test_two_ids_and_a_guest_with_one_address_get_one_copy",),
    ),
    Mutation(
        "older-words-of-customers-win",
        "the latest word counts",
        f"{_INGEST}/hallway/rows/own_consents.py",
        "WHERE (excluded.at, excluded.status) > (c.at, c.status)",
        "WHERE true",
        (
            "tests/integration/ingest/hallway/test_own_consents.py"
            "::test_the_latest_word_counts_in_any_order_and_nothing_is_published",
        ),
    ),
)
