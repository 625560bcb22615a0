"""Guards of who is who."""

from mutants.mutation import Mutation

_IDENTITY = "services/ingest/src/ingest/identity"
_LINKS = "services/ingest/src/ingest/domain/links.py"
_TESTS = "tests/integration/ingest/identity"

MUTATIONS = (
    Mutation(
        "a-page-says-whose-browser-it-is-without-proof",
        "proof of visitors",
        _LINKS,
        " or rank(customer) < ACCOUNT or not proven:\n",
        " or rank(customer) < ACCOUNT:\n",
        (f"{_TESTS}/test_links.py::test_without_the_demand_for_proof_a_page_still_identifies_nobody",),
    ),
    Mutation(
        "a-page-takes-the-guest-of-any-address",
        "proof of visitors",
        _LINKS,
        "        aliases = [alias for alias in aliases if rank(alias) == BROWSER]\n",
        "        pass\n",
        (f"{_TESTS}/test_links.py::test_a_page_says_whose_browser_it_is_only_with_the_shops_proof",),
    ),
    Mutation(
        "an-anonymous-id-that-is-an-address-merges-its-guest",
        "only browsers merge by an anonymous id",
        _LINKS,
        "    if alias != customer and rank(alias) == BROWSER:\n",
        "    if alias != customer:\n",
        (f"{_TESTS}/test_links.py::test_only_who_is_identified_is_asked_about",),
    ),
    Mutation(
        "an-address-of-several-customers-merges-its-guest",
        "a guest merges into the only account with the address",
        f"{_IDENTITY}/rules.py",
        'return "shared" if by == "address" and standing.accounts != {root} else "merge"',
        'return "merge"',
        (f"{_TESTS}/test_links.py::test_an_address_that_several_customers_have_merges_nowhere_and_the_answers_say_so",),
    ),
    Mutation(
        "every-address-of-an-account-is-merged",
        "nobody who never acted is merged",
        f"{_IDENTITY}/rules.py",
        '    if by == "address" and not standing.seen:\n',
        "    if False:\n",
        (f"{_TESTS}/test_links.py::test_an_address_of_nobody_who_acted_is_published_of_nobody",),
    ),
    Mutation(
        "a-split-is-undone-by-the-next-event",
        "a split by hand stays",
        f"{_IDENTITY}/rules.py",
        "    if standing.version:\n",
        "    if False:\n",
        (f"{_TESTS}/test_by_hand.py::test_what_was_split_by_hand_is_merged_by_hand_alone",),
    ),
    Mutation(
        "an-account-becomes-a-guest",
        "aliases rank no higher than their roots",
        f"{_IDENTITY}/rules.py",
        "    if rank(alias) > rank(root):\n",
        "    if False:\n",
        (f"{_TESTS}/test_by_hand.py::test_each_odd_merge_has_its_answer_and_changes_nothing",),
    ),
    Mutation(
        "an-alias-changes-its-root",
        "an alias has one root",
        f"{_IDENTITY}/rules.py",
        "    if standing.root is not None:\n",
        "    if False:\n",
        (f"{_TESTS}/test_by_hand.py::test_each_odd_merge_has_its_answer_and_changes_nothing",),
    ),
    Mutation(
        "acts-of-a-browser-stay-with-its-first-customer",
        "acts go to whoever uses the browser then",
        f"{_IDENTITY}/rows.py",
        "coalesce(u.customer_id, c.merged_into) AS customer_id",
        "c.merged_into AS customer_id",
        (f"{_TESTS}/test_links.py::test_a_browsers_past_is_the_first_customers_and_its_acts_are_whoever_used_it_then",),
    ),
    Mutation(
        "a-merged-guest-claims-orders-as-an-account",
        "an order has one owner",
        "services/ingest/src/ingest/hallway/rows/order_owners.py",
        'Claim(rank(row["customer_id"]), row["latest"])',
        'Claim(rank(row["holder"]), row["latest"])',
        (f"{_TESTS}/test_orders_of_one_person.py::test_another_account_that_claims_a_merged_guests_order_gets_it",),
    ),
    Mutation(
        "a-split-takes-the-past-along",
        "the past stays with the root",
        f"{_IDENTITY}/rows.py",
        "        await give_past(connection, alias._replace(customer_id=customer_id), root)\n",
        "        pass\n",
        (f"{_TESTS}/test_by_hand.py::test_a_split_takes_back_what_comes_later_and_says_what_it_does_not",),
    ),
    Mutation(
        "a-late-snapshot-of-an-alias-wins",
        "version rule of contacts",
        f"{_IDENTITY}/merge.py",
        "for part in (stored[root], *parts)) + published",
        "for part in (stored[root], *parts))",
        (f"{_TESTS}/test_links.py::test_the_newest_facts_and_every_consent_of_both_are_the_customers",),
    ),
    Mutation(
        "guest-and-account-miss-each-other",
        "the first act of a guest excludes the event with their address",
        "services/ingest/src/ingest/hallway/accept.py",
        "    return locks | {candidate.event.shop: True for candidate in candidates if candidate.names_guest}\n",
        "    return {}\n",
        (f"{_TESTS}/test_orders_of_one_person.py::test_guest_and_account_that_race_are_one_person_at_the_end",),
    ),
    Mutation(
        "a-rebuild-gives-the-root-the-profile-of-its-alias",
        "a rebuild restores who is who",
        "services/ingest/src/ingest/rebuild/apply.py",
        "before.profile if key in aliases else ",
        "",
        (f"{_TESTS}/test_rebuilding.py::test_a_rebuild_restores_who_is_who",),
    ),
)
