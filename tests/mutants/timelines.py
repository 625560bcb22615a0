"""Guards of histories: one entry for one thing, in any order, of one person, within bounds."""

from mutants.mutation import Mutation

_ROOM = "services/churn/src/churn/timeline"
_DOMAIN = "services/churn/src/churn/domain/timeline"
_TESTS = "tests/integration/churn/timeline/test_timeline.py"
_CARD_TESTS = "tests/integration/churn/card/test_glance.py"

MUTATIONS = (
    Mutation(
        "an-entry-forgets-what-was-told-before",
        "what several events tell of one thing is one entry, in any order",
        f"{_ROOM}/apply.py",
        "entries[place] = combine(stored, entries[place])",
        "entries[place] = stored",
        (f"{_TESTS}::test_any_order_of_arrival_and_any_batches_give_one_history",),
    ),
    Mutation(
        "a-history-grows-for-ever",
        "a history keeps its newest entries",
        f"{_ROOM}/apply.py",
        "    if overfull:\n        await delete_oldest(connection, overfull)\n",
        "",
        (f"{_TESTS}::test_a_history_keeps_the_newest_entries_and_costs_no_more_the_longer_it_was",),
    ),
    Mutation(
        "an-order-of-both-is-told-twice",
        "an order that both customers of a merge have is one entry",
        f"{_ROOM}/merge.py",
        "place, given = (root, entry.entry_id), replace(entry, customer_id=root.customer_id)",
        "place, given = (root, entry.entry_id), entry",
        (f"{_TESTS}::test_two_customers_who_are_one_have_one_history_under_the_same_ids",),
    ),
    Mutation(
        "a-customer-sees-the-shops-view",
        "a customer's own token sees orders, points and sent messages alone",
        f"{_ROOM}/routes.py",
        "own = who.subject is not None",
        "own = False",
        (f"{_TESTS}::test_a_customers_own_token_sees_orders_points_and_messages_that_were_sent",),
    ),
    Mutation(
        "refunds-of-a-moved-order-stay",
        "an order that is another customer's leaves with its refunds",
        f"{_DOMAIN}/orders.py",
        '    return [refund_entry_id(entry.shop, entry.data["order_id"], refund) for refund in refunds]',
        "    return []",
        (f"{_TESTS}::test_an_order_that_moved_to_another_customer_leaves_the_history_with_its_refunds",),
    ),
    Mutation(
        "a-card-shows-the-customer-the-shops-view",
        "on a card a customer's own token sees no segments, tickets, answers, ids or messages that were not sent",
        "services/churn/src/churn/card/routes.py",
        "own = who.subject is not None",
        "own = False",
        (f"{_CARD_TESTS}::test_a_customers_own_token_does_not_see_what_the_history_hides",),
    ),
    Mutation(
        "what-was-given-back-is-a-favourite",
        "a category counts where the order stands",
        f"{_DOMAIN}/orders.py",
        "    if _state(order) in _NOTHING_STANDS:\n        return {}\n",
        "",
        ("tests/unit/churn/timeline/test_glance.py::test_what_was_given_back_is_no_favourite",),
    ),
)
