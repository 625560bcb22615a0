"""What orders are worth to whom, by what ingest publishes."""

from collections.abc import Iterable, Mapping
from decimal import Decimal

from churn.domain import orders as packed
from churn.domain.customer import Customer
from churn.domain.facts import take_in
from churn.domain.purchases import is_purchase
from loyalty.domain.orders import Fact, add_fact, net_steps
from loyalty.earning.orders import fact_of
from mandegar.events import Event
from mandegar.events.registry import ORDER_TYPES


def roots_of(news: Iterable[Event]) -> dict[str, str]:
    """The root of each alias, by the latest merges and splits of one shop."""
    latest: dict[str, tuple[int, str | None]] = {}
    for event in news:
        if event.type in ("customer.merged", "customer.split"):
            root = event.data.root if event.type == "customer.merged" else None
            latest[event.data.alias] = max(latest.get(event.data.alias, (0, None)), (event.data.version, root))
    return {alias: root for alias, (_, root) in latest.items() if root is not None}


def root_of(customer: str, roots: Mapping[str, str]) -> str:
    while customer in roots:
        customer = roots[customer]
    return customer


def worth(news: Iterable[Event]) -> dict[str, dict[str, Decimal]]:
    """What each order is worth to each customer to whom it is worth anything; in loyalty and churn the same.

    Aliases are their roots, and an order that moved within one person has not moved.
    """
    news = list(news)
    roots = roots_of(news)
    facts: dict[tuple[str, str], list[Fact]] = {}
    customers: dict[str, Customer] = {}
    for one in news:
        if one.type not in ORDER_TYPES or one.customer_id is None:
            continue
        customer = root_of(one.customer_id, roots)
        if one.type == "order.moved" and root_of(one.data.to, roots) == customer:
            continue
        add_fact(facts.setdefault((one.data.order_id, customer), []), fact_of(one))
        take_in(customers.setdefault(customer, Customer("s", customer, 0)), one)
    found: dict[str, dict[str, Decimal]] = {}
    for (order, customer), of_order in facts.items():
        steps = net_steps(sorted(of_order))
        net = Decimal(steps[-1].net) / 10**9 if steps else Decimal(0)
        in_churn = customers[customer].orders[packed.hash_id(order)]
        assert is_purchase(in_churn) == (net > 0)
        assert not net or packed.money(in_churn.net) == net
        if net:
            found.setdefault(order, {})[customer] = net
    return found
