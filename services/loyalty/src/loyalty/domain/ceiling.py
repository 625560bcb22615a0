"""What an order may earn at most: as much as when it was judged last.

A refund, a cancellation, or a correction of them raises nothing: neither what a cap kept from the order at its payment,
nor what a rule would give that another one came before.
"""

from loyalty.domain.lots import Lot
from loyalty.domain.orders import Step
from loyalty.domain.programme import POINTS_MAX


def judge(order: Lot, step: Step) -> None:
    """Set whether an order is judged anew at a step, that is, whether it may earn more than before; no other lot is.

    It is at its payment, when it is worth more than when it was judged last, and when the shop states other items in a
    higher total, or in the same one of which nothing was refunded since.
    """
    if type(order) is not Lot:
        return
    last = order.judged
    if last is None or step.net > last.net or _is_other_order(last, step):
        order.judged = step


def most_at(order: Lot, lot: Lot, step: Step) -> int:
    """The most that a lot of an order, of points or of credit, may have from a step on."""
    return POINTS_MAX if order.judged is step else lot.ceiling


def remember(order: Lot, step: Step) -> None:
    """Remember what an order earns, if it was judged at this step."""
    if order.judged is step:
        order.ceiling = order.given
        if order.credit is not None:
            order.credit.ceiling = order.credit.given


def _is_other_order(last: Step, step: Step) -> bool:
    return (step.net == last.net or step.total > last.total) and _items(step) != _items(last)


def _items(step: Step) -> object:
    return () if step.lines is None else step.lines.items
