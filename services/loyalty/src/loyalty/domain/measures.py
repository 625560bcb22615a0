"""How answers tell what tiers measure."""

from loyalty.domain.money import amount_of
from loyalty.domain.qualifying import COUNTED, Measure


def measured(number: int, measure: Measure) -> str:
    """Points or orders, or an amount of money, as text."""
    return f"{number}" if measure in COUNTED else f"{amount_of(number):f}"
