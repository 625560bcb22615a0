"""The order of a request, as the rules of a part payment have it."""

from decimal import Decimal

from loyalty.domain.money import billionths
from loyalty.domain.part_payment import Item
from loyalty.redemptions.part_payment import Invoice
from loyalty.redemptions.schemas import InvoiceRequest
from mandegar.events.identity import opaque_word
from mandegar.events.written import trimmed


def invoice_of(
    order: InvoiceRequest, order_id: str, points: int | None, amount: Decimal | None, shop: str, key: bytes
) -> Invoice:
    """The order, of which so many points, or as many as are worth an amount, pay a part.

    Its words are named as the programme has them. ``order_id`` is its id as it is published.
    """

    def word(text: str | None) -> str:
        return "" if text is None else opaque_word(trimmed(text), shop=shop, key=key)

    items = [Item(word(item.product_id), word(item.category), billionths(item.amount)) for item in order.items]
    pays = 0 if amount is None else billionths(amount)
    uses_points = points is not None or amount is not None
    return Invoice(order_id, billionths(order.total), order.currency, items, points, pays, uses_points)
