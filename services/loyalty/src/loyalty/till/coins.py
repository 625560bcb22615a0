"""Credit that a request states in fractions of the smallest coin, which nobody can pay."""

from loyalty.domain.coins import coin_of
from loyalty.domain.money import credit_text
from loyalty.till.command import Answer, refusal

# How routes document it.
FRACTION = (422, "fraction_of_coin", "the credit is no whole number of the smallest coin of the currency (`coin`)")


def whole_coins(credit: int, currency: str) -> int:
    """As much of some credit, in thousandths of a currency, as is a whole number of its coins."""
    return credit - credit % coin_of(currency)


def refused_fraction(credit: int, currency: str) -> Answer | None:
    """The refusal of credit, in thousandths of a currency, that is no whole number of its coins; None: it is one."""
    coin = coin_of(currency)
    if credit % coin == 0:
        return None
    return refusal(
        422,
        "fraction_of_coin",
        f"Nobody can pay a fraction of the smallest coin of {currency}",
        "State a whole number of `coin`",
        coin=credit_text(coin),
        currency=currency,
    )
