"""Guards of what churn remembers of a customer instead of reading all orders again."""

from mutants.mutation import Mutation

_DOMAIN = "services/churn/src/churn/domain"
_CUSTOMERS = "services/churn/src/churn/customers"
_REMEMBERED = ("tests/unit/churn/customers/test_remembered.py",)
_OLDER = ("tests/integration/churn/customers/test_older_orders.py",)

MUTATIONS = (
    Mutation(
        "a-late-order-is-not-noticed",
        "a purchase before the last two is folded from all orders",
        f"{_DOMAIN}/absorbed.py",
        "if s.x and day == s.previous_day and at_us >= s.previous_at_us:",
        "if True:",
        _REMEMBERED,
    ),
    Mutation(
        "an-earlier-payment-of-the-day-before-is-not-noticed",
        "the earliest payment of a day ends the silence before it",
        f"{_DOMAIN}/absorbed.py",
        "day == s.previous_day and at_us >= s.previous_at_us:",
        "day == s.previous_day:",
        _REMEMBERED,
    ),
    Mutation(
        "a-cancelled-order-is-not-noticed",
        "an order that may have been alone on its day is taken out of all orders",
        f"{_DOMAIN}/absorbed.py",
        "if days.day_of(paid.at_us) != s.last_day or not s.day_at_us < paid.at_us < s.last_at_us:",
        "if False:",
        _REMEMBERED,
    ),
    Mutation(
        "the-last-of-two-at-one-instant-is-forgotten",
        "of several orders at the last instant the largest counts",
        f"{_DOMAIN}/absorbed.py",
        "if s.last_orders > 1:",
        "if False:",
        _REMEMBERED,
    ),
    Mutation(
        "days-of-another-zone-are-remembered",
        "statistics of another zone count no more",
        f"{_DOMAIN}/publication.py",
        "    if customer.zone != zone:",
        "    if customer.zone is None:",
        _REMEMBERED,
    ),
    Mutation(
        "health-under-another-model-is-remembered",
        "since when a customer is healthy depends on the model",
        f"{_DOMAIN}/publication.py",
        "customer.model_version, customer.healthy_since = version, None",
        "customer.model_version = version",
        _REMEMBERED,
    ),
    Mutation(
        "an-earlier-payment-leaves-health-as-it-was",
        "an earlier payment on the day of the last purchase can end the silence before it in time",
        f"{_DOMAIN}/publication.py",
        "customer.healthy_since = None if following.x else following.day_at_us",
        "customer.healthy_since = customer.healthy_since if following.x else following.day_at_us",
        _REMEMBERED,
    ),
    Mutation(
        "only-the-last-act-of-a-batch-publishes",
        "the cut of batches changes nothing that is published",
        f"{_CUSTOMERS}/advance.py",
        "if act is not acts[-1] and stays(customer, terms, now):",
        "if act is not acts[-1]:",
        _REMEMBERED,
    ),
    Mutation(
        "an-older-order-is-not-found",
        "an order that has left its customer's row is found by its name",
        f"{_DOMAIN}/packed.py",
        "            record = self._older.get(name)\n        return",
        "            record = None\n        return",
        _REMEMBERED,
    ),
    Mutation(
        "one-older-order-of-a-customer-is-not-asked-for",
        "every order that an event is about is looked up among the older ones of its customer",
        "services/churn/src/churn/orders/rows.py",
        "firsts.append(len(listed) + 1)",
        "firsts.append(len(listed) + 2)",
        _OLDER,
    ),
    Mutation(
        "a-changed-older-order-is-not-written",
        "what an event says of an order that has left its customer's row is written to the row of that order",
        f"{_DOMAIN}/packed.py",
        "                changed[name] = record",
        "                pass",
        _REMEMBERED,
    ),
    Mutation(
        "recent-orders-pass-for-all",
        "a fold of all orders has all orders",
        f"{_DOMAIN}/packed.py",
        "        if not self.is_complete:\n            raise OrdersMissing",
        "        if False:\n            raise OrdersMissing",
        _REMEMBERED,
    ),
    Mutation(
        "what-was-remembered-outlives-the-orders",
        "what is remembered counts for the very orders beside it",
        f"{_DOMAIN}/remembered.py",
        "if not data or data[: _CHECK.size] != _check(orders, days.zone.key):",
        "if not data:",
        _OLDER,
    ),
    Mutation(
        "older-orders-may-be-missing",
        "a pack counts the orders that have left it",
        f"{_DOMAIN}/packed.py",
        "if len(records) != self.older_count:",
        "if False:",
        _OLDER,
    ),
    Mutation(
        "a-release-without-older-orders-reads-such-a-pack",
        "a pack that names older orders has a format of its own",
        f"{_DOMAIN}/packed.py",
        '_WITH_OLDER: Final = b"\\x04"',
        "_WITH_OLDER: Final = FORMAT",
        _OLDER,
    ),
    Mutation(
        "a-batch-folds-whoever-comes",
        "who needs more time than a batch has is computed beside",
        f"{_CUSTOMERS}/rows.py",
        "if customer.packed.older_count > OLDER_ORDERS_MAX)",
        "if False)",
        _OLDER,
    ),
)
