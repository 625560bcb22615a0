"""Numbers, amounts and tiers as Persian readers see them."""

from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from mandegar.persian import persian_digits, persian_tier, toman


@given(st.decimals(0, 10**12, places=3))
def test_a_number_has_the_same_digits_in_persian(number: Decimal):
    text = persian_digits(f"{number:,f}")

    assert Decimal(text.replace("٬", "").replace("٫", ".")) == number
    assert not set(text) & set("0123456789,.")


@given(st.integers(-(10**15), 10**15), st.integers(-4, 4))
def test_an_amount_of_rials_is_the_nearest_toman(whole: int, rest: int):
    assert toman(Decimal(whole * 10 + rest)) == whole


def test_only_the_usual_metals_are_translated():
    assert [persian_tier(name) for name in ("gold", "Gold", "طلایی", "")] == ["طلایی", "Gold", "طلایی", ""]
