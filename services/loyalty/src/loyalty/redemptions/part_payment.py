"""What points pay of an invoice, by the programme in force, or the machine reason why they do not."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from loyalty.account.export import money
from loyalty.domain.part_payment import Item, NothingPayable, OutOfRange, Quote, quote
from loyalty.domain.programme import Programme
from loyalty.till.command import Answer, refusal


@dataclass(frozen=True, slots=True)
class Invoice:
    """An order that is to be paid in part with points: with so many, or as many as pay ``amount``."""

    order_id: str
    total: int
    currency: str
    items: Sequence[Item]
    points: int | None
    amount: int
    # Else credit alone pays a part of it.
    uses_points: bool = True


def quoted(invoice: Invoice, programme: Programme | None, available: int) -> Quote | Answer:
    """The points and the discount, or the refusal."""
    spending = None if programme is None else programme.spending
    if programme is None or spending is None:
        return refusal(
            409,
            "no_part_payment",
            "Points are no means of payment in this shop",
            "The programme in force has no section `spend`",
        )
    if invoice.currency != programme.currency:
        return refusal(
            409,
            "other_currency",
            "The invoice is in another currency than the programme",
            "Points have a worth in the currency of the programme alone",
            currency=programme.currency,
        )
    try:
        return quote(spending, invoice.total, invoice.items, points=invoice.points, amount=invoice.amount)
    except NothingPayable:
        return refusal(
            409,
            "nothing_payable",
            "Nothing of this invoice can be paid with points",
            "Its total is zero, or all of its goods are excluded from it",
        )
    except OutOfRange as error:
        least, most = error.allowed
        told: dict[str, Any] = {
            "points": error.points,
            "at_least": _worth(least, spending.value),
            "at_most": _worth(most, spending.value),
            "available": available,
        }
        if most < least:
            return refusal(
                409,
                "invoice_too_small",
                "The invoice is too small for a payment with points",
                "The least points that may be used are worth more than the part that may be paid with them",
                **told,
            )
        if error.points < least:
            return refusal(409, "too_few_points", "So few points cannot be used", "Use `at_least` so many", **told)
        return refusal(
            409, "share_too_large", "So much of the invoice cannot be paid with points", "Use `at_most` so many", **told
        )


def _worth(points: int, value: int) -> dict[str, Any]:
    return {"points": points, "amount": money(points * value)}
