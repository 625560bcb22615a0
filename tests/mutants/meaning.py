"""Guards of what people wrote, and of what they are told."""

from mutants.mutation import Mutation

_OWNERS = "tests/integration/ingest/hallway/test_order_owners.py"
_HALLWAY = "services/ingest/src/ingest/hallway"

MUTATIONS = (
    Mutation(
        "a-guest-keeps-what-the-account-claims",
        "an order has one owner",
        "services/ingest/src/ingest/domain/order_owner.py",
        "key=lambda customer: (claims[customer], customer)",
        "key=lambda customer: (claims[customer].latest, customer)",
        (f"{_OWNERS}::test_an_order_goes_from_browser_to_guest_to_account",),
    ),
    Mutation(
        "a-moved-order-earns-twice",
        "an order has one owner",
        f"{_HALLWAY}/order_owners.py",
        "        if before in claims and",
        "        if before not in claims and",
        (f"{_OWNERS}::test_an_order_paid_by_a_guest_and_again_under_the_account_earns_once",),
    ),
    Mutation(
        "a-cancellation-misses-the-order-that-is-being-accepted",
        "an order has one owner",
        f"{_HALLWAY}/order_owners.py",
        "    deliveries = await _deliveries(connection, (), {}, missed)\n",
        "    deliveries = await _deliveries(connection, (), {}, set())\n",
        (f"{_OWNERS}::test_a_cancellation_and_the_order_of_another_account_accepted_at_once_find_each_other",),
    ),
)
