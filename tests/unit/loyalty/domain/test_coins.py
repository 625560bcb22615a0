"""What nobody pays or gets back a fraction of."""

import pytest
from babel.numbers import get_currency_precision, list_currencies

from loyalty.domain.coins import coin_of


@pytest.mark.parametrize(("currency", "coin"), [("IRR", 1000), ("EUR", 10), ("JPY", 1000), ("KWD", 1), ("XXX", 10)])
def test_coins_are_those_of_the_currency(currency, coin):
    assert coin_of(currency) == coin


def test_no_coin_is_larger_than_the_one_that_people_use():
    for currency in list_currencies():
        assert coin_of(currency) <= 10 ** (3 - min(get_currency_precision(currency), 3)), currency
