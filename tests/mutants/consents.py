"""Mutations of the guards around consent: it belongs to an address and to its time, and so do messages."""

from mutants.mutation import Mutation

_INGEST = "services/ingest/src/ingest"
_NOTIFY = "services/notify/src/notify"
_LAW = "libs/shared/src/mandegar/events/consents.py"
_OF_INGEST = "tests/unit/ingest/domain/test_consents.py"
_OF_NOTIFY = "tests/integration/notify/contacts/test_addresses.py"

MUTATIONS = (
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
        "if (since is None or fact.at >= since)\n",
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
