"""Whether a customer had bought a product, by the orders of a timeline."""

from collections.abc import Sequence

from loyalty.domain.lots import Lot


def has_bought(product: str, at: int, lots: Sequence[Lot]) -> bool:
    """Whether the product is in a line of an order that was paid before an instant, and is worth something then."""
    for lot in lots:
        if lot.net <= 0 or lot.earned_at >= at:
            continue
        lines = [step.lines for step in lot.steps if step.at <= at][-1]
        if lines is not None and any(line.product == product for line in lines.items):
            return True
    return False
