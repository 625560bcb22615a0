"""Guards of what people wrote, and of what they are told."""

from mutants.mutation import Mutation

_OWNERS = "tests/integration/ingest/hallway/test_order_owners.py"
_HALLWAY = "services/ingest/src/ingest/hallway"

MUTATIONS = (
    Mutation(
        "a-guest-keeps-what-the-account-claims",
        "an order has one owner",
        "services/ingest/src/ingest/domain/order_owner.py",
        "key=lambda customer: (rank(customer), claims[customer], customer)",
        "key=lambda customer: (claims[customer], customer)",
        (f"{_OWNERS}::test_an_order_goes_from_browser_to_guest_to_account",),
    ),
    Mutation(
        "a-moved-order-earns-twice",
        "an order has one owner",
        f"{_HALLWAY}/order_owners.py",
        "        if before in claims:\n",
        "        if before not in claims:\n",
        (f"{_OWNERS}::test_an_order_paid_by_a_guest_and_again_under_the_account_earns_once",),
    ),
    Mutation(
        "guests-do-not-exclude-accounts",
        "guest and account that race see each other",
        f"{_HALLWAY}/rows/order_owners.py",
        "exclusive.get(lock, False) or candidate.names_no_account",
        "exclusive.get(lock, False)",
        (f"{_OWNERS}::test_guest_and_account_that_race_never_miss_each_other",),
    ),
)
