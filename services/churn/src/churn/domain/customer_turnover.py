"""Keeps the turnover of a customer that of their orders: in place where one order changes, else from all of them."""

from churn.domain.counting import PlainCounts, difference
from churn.domain.customer import Customer
from churn.domain.facts import Turn
from churn.domain.turnover import change, pack_turnover, spans_in, stamp, turnover_of, unpack_turnover
from mandegar.calendar import ShopDays


def follow_turnover(customer: Customer, turn: Turn, days: ShopDays) -> None:
    """Bring the turnover behind a change of one order."""
    if not customer.is_counted:
        return
    if customer.turnover is None:
        customer.turnover = unpack_turnover(customer.counted)
    change(customer.turnover, turn.before, turn.after, days)


def recount(customer: Customer) -> None:
    """Forget the turnover: it is to be made of all orders, by other days or after other facts."""
    customer.turnover, customer.is_counted = None, False


def count(customer: Customer, days: ShopDays) -> None:
    """Have the turnover, from all orders only if it is not at hand. Raises ``OrdersMissing``."""
    if not customer.is_counted:
        customer.turnover = turnover_of((paid for _, paid in customer.all_paid()), days)
        customer.is_counted = True


def take_counted(customer: Customer, counted: bytes, orders: bytes) -> None:
    """Take over what the shop's figures have of the customer; it may have been made of other orders or days."""
    customer.counted = counted
    customer.is_counted = not has_orders(orders) or (
        customer.zone is not None and counted.startswith(stamp(orders, customer.zone))
    )


def counted_now(customer: Customer, orders: bytes) -> bytes:
    """The turnover as it is to lie in the row beside these orders; what was counted before if it is not at hand."""
    if not customer.is_counted:
        return customer.counted
    if not has_orders(orders):
        return b""
    spans = spans_in(customer.counted) if customer.turnover is None else pack_turnover(customer.turnover)
    return stamp(orders, customer.zone or "") + spans


def changed_counts(counted: bytes, now: bytes) -> PlainCounts:
    """What is to be added to the figures of a shop when the turnover in a row becomes another."""
    if spans_in(counted) == spans_in(now):
        return {}
    return difference(unpack_turnover(counted), unpack_turnover(now))


def has_orders(orders: bytes) -> bool:
    """Whether a pack is more than its format."""
    return len(orders) > 1
