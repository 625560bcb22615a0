"""Credit that is reserved beside points or alone: it is worth its face, and pays no more than the order costs."""

from loyalty.account.export import money
from loyalty.domain.money import credit_text
from loyalty.domain.purse import LOTS_MAX, Purse
from loyalty.redemptions.part_payment import Invoice
from loyalty.till.coins import refused_fraction, whole_coins
from loyalty.till.command import Answer, refusal

# Of a thousandth of the currency.
BILLIONTHS = 10**6


def refused_credit(credit: int, invoice: Invoice | None, purse: Purse, discount: int) -> Answer | None:
    """Why so much credit cannot be reserved, beside points that pay ``discount`` of the invoice; None: it can."""
    if not credit:
        return None
    if purse.programme is not None and (refused := refused_fraction(credit, purse.programme.currency)) is not None:
        return refused
    available, owed = (0, 0) if purse.credit is None else (purse.credit.available, purse.credit.debt)
    if owed:
        return refusal(
            409,
            "credit_owed",
            "The customer owes credit",
            "Credit was spent and the order that had earned it was then refunded; the next credit repays it",
            owed=credit_text(owed),
        )
    if credit > available:
        return not_enough_credit(credit, purse)
    if invoice is None:
        return None
    if purse.programme is not None and invoice.currency != purse.programme.currency:
        return refusal(
            409,
            "other_currency",
            "The invoice is in another currency than the programme",
            "Credit is in the currency of the programme",
            currency=purse.programme.currency,
        )
    if credit * BILLIONTHS > invoice.total - discount:
        return refusal(
            409,
            "credit_too_large",
            "The credit is more than is left to pay of the order",
            "Use `at_most` so much",
            at_most=money(_payable(max(invoice.total - discount, 0) // BILLIONTHS, purse) * BILLIONTHS),
        )
    return None


def _payable(credit: int, purse: Purse) -> int:
    """As much of some credit as can be asked for."""
    return credit if purse.programme is None else whole_coins(credit, purse.programme.currency)


def not_enough_credit(credit: int, purse: Purse) -> Answer:
    """That the customer has less credit than is asked for."""
    available = _payable(purse.in_credit.available, purse)
    return refusal(
        409,
        "not_enough_credit",
        "The customer does not have enough credit",
        "Ask for at most `available`",
        required=credit_text(credit),
        available=credit_text(available),
        missing=credit_text(credit - available),
    )


def too_much_credit(credit: int, purse: Purse) -> Answer:
    """That the credit is in more lots than one redemption takes from, of which the first have so much."""
    return refusal(
        409,
        "too_many_lots",
        "The credit is in too many lots",
        f"One redemption takes from at most {LOTS_MAX} lots: ask for at most `at_most`, then for the rest",
        at_most=credit_text(_payable(credit, purse)),
    )
