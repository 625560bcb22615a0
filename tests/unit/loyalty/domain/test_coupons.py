"""The codes of coupons, and whether one can be used."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from uuid import UUID, uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st

from loyalty.domain.coupons import (
    ALPHABET,
    SYMBOLS,
    Coupon,
    coupon_keys,
    generated_code,
    is_repeated,
    refusal,
)
from mandegar.events.coupon_codes import coupon_id, normal_form

KEYS = coupon_keys(b"a key of the installation")
ONE = UUID(int=1)
NOW = datetime(2026, 11, 22, 8, 30, tzinfo=UTC)


def test_a_generated_code_has_sixty_bits_and_no_confusable_letters():
    assert len(set(ALPHABET)) ** SYMBOLS > 2**60
    assert not set("01ILOU") & set(ALPHABET)
    codes = {generated_code("s", uuid4(), "", KEYS.codes) for _ in range(2_000)}
    assert len(codes) == 2_000
    assert {letter for code in codes for letter in code} == {*ALPHABET, "-"}


def test_a_code_follows_from_the_redemption_the_shop_and_the_key_alone():
    code = generated_code("s", ONE, "YALDA", KEYS.codes)

    assert code == generated_code("s", ONE, "YALDA", KEYS.codes)
    assert code.startswith("YALDA-")
    others = [
        generated_code("t", ONE, "YALDA", KEYS.codes),
        generated_code("s", UUID(int=2), "YALDA", KEYS.codes),
        generated_code("s", ONE, "YALDA", coupon_keys(b"another").codes),
    ]
    assert len({code, *others}) == 4
    assert len({*KEYS}) == 3


@pytest.mark.parametrize(
    "typed",
    [
        "yalda-7kqm-2xwp-9ftrd", " YALDA 7KQM 2XWP 9FTRD ", "YALDA7KQM2XWP9FTRD", "YALDA‑۷KQM–۲XWP—٩FTRD",
        "\u200fYALDA-7KQM-\u200c2XWP-9FTRD\u202c", "ＹＡＬＤＡ-7KQM-2XWP-9FTRD", "YALDA\u00a07KQM-2XWP-9FTRD",
    ],
)  # fmt: skip
def test_a_code_is_known_however_it_is_typed(typed):
    assert normal_form(typed) == normal_form("YALDA-7KQM-2XWP-9FTRD")


def test_a_code_in_persian_letters_is_compared_as_it_is_read():
    assert normal_form("تخفیف-۱۴۰۵") == normal_form("\u202bتخفیف ١٤٠٥\u202c") != normal_form("تخفیف-۱۴۰۶")


@pytest.mark.parametrize("text", ["", "   ", "ABC", "A" * 65, "AB\nCD", "AB\0CD", "x" * 10_000, "----", "AB\u2028CD"])
def test_what_is_no_code_is_refused(text):
    with pytest.raises(ValueError, match="a code"):
        normal_form(text)


@given(st.text(min_size=1, max_size=70))
def test_the_normal_form_of_a_normal_form_is_itself(text):
    try:
        normal = normal_form(text)
    except ValueError:
        return
    assert normal_form(normal) == normal


def test_an_id_tells_nothing_without_the_key_and_is_of_one_shop():
    assert len({coupon_id(shop, "code", key) for shop in "st" for key in (b"a", b"b")}) == 4


def coupon(**changes) -> Coupon:
    return Coupon(**{"terms": {}, "expires_at": None, "used_at": None, "used_for": None, **changes})


def refused(one: Coupon, total: int | str | None = None, *, is_owner: bool = True) -> str | None:
    found = refusal(one, total=None if total is None else Decimal(total), is_owner=is_owner, now=NOW)
    return None if found is None else found.code


def test_a_coupon_can_be_used_until_the_instant_at_which_it_expires():
    assert refused(coupon()) is None
    assert refused(coupon(expires_at=NOW + timedelta(microseconds=1))) is None
    assert refused(coupon(expires_at=NOW)) == "coupon_expired"


def test_a_coupon_is_used_once_and_answers_the_same_for_the_same_order_alone():
    used = coupon(used_at=NOW, used_for="o-1")

    assert refused(used) == "coupon_used"
    assert is_repeated(used, "o-1")
    assert not is_repeated(used, "o-2")
    assert not is_repeated(used, None)
    assert not is_repeated(coupon(used_at=NOW), None)
    assert not is_repeated(coupon(), "o-1")


def test_a_least_total_is_reached_by_that_very_total():
    least = coupon(terms={"minimum_spend": "250.5"})

    assert refused(least, "250.5") is None
    assert refused(least, "250.49") == refused(least) == "minimum_not_reached"
    assert refused(least, 300, is_owner=False) == "other_customer"
