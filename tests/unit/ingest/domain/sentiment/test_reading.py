"""The number of any text: its bounds, its languages, and that it is measured as the documentation says."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingest.domain.sentiment import LENGTH_MAX, sentiment_of
from sentiment.measure import SENTENCES, read, table

WORDS = [each.text for each in read(SENTENCES)]
texts = st.text(st.characters(exclude_categories=[]), max_size=600) | st.lists(st.sampled_from(WORDS), max_size=9).map(
    " ".join
)


@given(texts)
def test_any_text_has_a_number_in_hundredths_or_none(text):
    number = sentiment_of(text)

    assert number is None or (-1 <= number <= 1 and number == round(number, 2))
    assert number == sentiment_of(text)


@given(texts, st.text(max_size=50) | st.sampled_from(WORDS))
def test_what_stands_behind_the_limit_is_not_read(text, more):
    filled = text[:LENGTH_MAX].ljust(LENGTH_MAX)

    assert sentiment_of(filled + more) == sentiment_of(filled)


@pytest.mark.parametrize(
    "text",
    [
        None,
        "",
        "   ",
        "۱۲۳۴۵ 12345",
        "?!…",
        "Die Schuhe sind nach zwei Tagen kaputt gegangen und das ist schlecht",
        "Die Qualität ist gut",
        "De schoenen zijn mooi en de levering is snel",
        "Le produit est arrivé en retard et je ne suis pas content",
        "No me gusta el color de la camisa",
        "Ürün çok güzel, hızlı geldi",
        "Товар пришёл вовремя, спасибо",
        "商品很好",
        "المنتج سيئة جدا وخدمة رديئة",
        "یہ بہت اچھا ہے",
        "kheili khoob bood",
    ],
)
def test_a_text_in_no_language_that_is_read_has_no_number(text):
    assert sentiment_of(text) is None


@pytest.mark.parametrize("text", ["سلام", "When will my order ship?", "محصول Samsung Galaxy A54"])
def test_a_text_that_is_read_and_says_nothing_is_zero(text):
    assert str(sentiment_of(text)) == "0.0"


@pytest.mark.parametrize(("text", "sign"), [("😍", 1), ("👍🏽 12", 1), ("😡😡", -1), ("خرید کردم 😍", 1), ("❤️", 1)])
def test_signs_count_with_words_and_without(text, sign):
    assert sentiment_of(text) * sign > 0


def test_two_languages_in_one_text_count_by_their_letters():
    both = sentiment_of("کیفیتش خیلی بد بود، but the delivery was very good")

    assert sentiment_of("کیفیتش خیلی بد بود") < both < sentiment_of("but the delivery was very good")


def test_the_name_of_a_product_is_no_english_text():
    assert sentiment_of("گوشی Love Great خوبه") == sentiment_of("گوشی خوبه") > 0


def test_words_of_shops_count_in_english():
    assert sentiment_of("It does not work") < 0 < sentiment_of("It works")
    assert sentiment_of("It’s not good") == sentiment_of("It's not good") < 0


def test_the_documentation_has_the_accuracy_that_is_measured():
    page = Path(__file__).parents[5] / "docs" / "sentiment.md"

    assert table(read(SENTENCES)) in page.read_text(encoding="utf-8")
