"""Digits, amounts, days and words as shops write them in files."""

from contextlib import suppress
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from types import MappingProxyType
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st
from persiantools.jdatetime import JalaliDate

from ingest.domain.documents import Number
from ingest.domain.file_rows import instants, values
from ingest.domain.file_rows.row_error import WrongValue

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)
TEHRAN = ZoneInfo("Asia/Tehran")
DIGITS = ("0123456789", "۰۱۲۳۴۵۶۷۸۹", "٠١٢٣٤٥٦٧٨٩")
AMOUNTS = st.decimals(min_value=0, max_value=10**12, places=2, allow_nan=False)


def written_in(digits: str, text: str) -> str:
    return text.translate(str.maketrans("0123456789", digits))


def instant(text: str, calendar: instants.Calendar = "auto") -> datetime:
    return instants.instant_of(text, zone=TEHRAN, calendar=calendar, now=NOW)


def code_of(read, *arguments) -> str:
    with pytest.raises(WrongValue) as wrong:
        read(*arguments)
    return wrong.value.code


@given(AMOUNTS, st.sampled_from(DIGITS), st.booleans())
def test_an_amount_reads_the_same_in_every_script_and_with_every_separator(amount, digits, grouped):
    english = f"{amount:,.2f}" if grouped else f"{amount:.2f}"
    persian = english.replace(",", "٬").replace(".", "٫")
    european = english.translate(str.maketrans(",.", ".,"))

    assert values.number_of(written_in(digits, english), ".") == amount
    assert values.number_of(written_in(digits, persian), None) == amount
    assert values.number_of(written_in(digits, persian), ".") == amount
    assert values.number_of(written_in(digits, european), ",") == amount


@given(AMOUNTS)
def test_two_decimal_places_tell_the_mark_by_themselves(amount):
    assert values.number_of(f"{amount:,.2f}", None) == amount
    assert values.number_of(f"{amount:,.2f}".translate(str.maketrans(",.", ".,")), None) == amount


def test_three_digits_behind_a_single_mark_are_never_guessed():
    assert code_of(values.number_of, "1,234", None) == "ambiguous_amount"
    assert code_of(values.number_of, "12.500", None) == "ambiguous_amount"
    assert values.number_of("1,234", ".") == 1234
    assert values.number_of("1,234", ",") == Decimal("1.234")
    assert values.number_of("1,234,567", None) == 1234567


def test_a_json_number_says_what_its_mark_means():
    assert values.number_of(Number("12.500"), None) == Decimal("12.5")
    assert values.number_of(Number("12.500"), ",") == Decimal("12.5")
    assert code_of(values.number_of, Number("1e9"), None) == "bad_amount"


@pytest.mark.parametrize("text", ["", "12 IRR", "۱۲ تومان", "1.2.3,4,5", "NaN", "1e5", "--5", "0x10", "1" * 30])
def test_what_is_no_number_is_refused(text):
    assert code_of(values.number_of, text, ".") == "bad_amount"


def test_the_wrong_mark_is_named():
    with pytest.raises(WrongValue, match=r"seems to have , before its fraction"):
        values.number_of("1.234,50", ".")


@given(st.dates(date(1970, 1, 2), date(2026, 11, 20)), st.sampled_from(DIGITS), st.sampled_from("/-."))
def test_a_jalali_day_is_the_day_of_its_gregorian_one(day, digits, mark):
    jalali = JalaliDate.to_jalali(day.year, day.month, day.day)
    text = written_in(digits, f"{jalali.year}{mark}{jalali.month:02}{mark}{jalali.day:02}")
    midnight = datetime.combine(day, datetime.min.time(), TEHRAN).astimezone(UTC)

    assert instant(text) == instant(text, "jalali") == midnight
    assert instant(f"{day.year}{mark}{day.month}{mark}{day.day}") == midnight
    assert instants.day_of(text, calendar="auto") == day


@given(st.datetimes(datetime(1970, 1, 2), datetime(2026, 11, 20)))
def test_a_gregorian_time_reads_as_it_was_written(moment):
    assert instant(f"{moment:%Y-%m-%dT%H:%M:%S}Z") == moment.replace(microsecond=0, tzinfo=UTC)


@pytest.mark.parametrize(
    "text",
    [
        "1403/05/12 14:30", "۱۴۰۳/۰۵/۱۲ ۱۴:۳۰", "1403-5-12 14:30:00", "1403/05/12 - 14:30", "1403/05/12، 14:30",
        "2024-08-02T14:30:00+03:30", "2024/08/02 14:30", "2024-08-02 11:00:00 +0000", "2024-08-02 11:00:00 UTC",
        "14030512 14:30", "1722596400",
    ],
)  # fmt: skip
def test_one_instant_in_many_spellings(text):
    assert instant(text) == datetime(2024, 8, 2, 11, tzinfo=UTC)


@pytest.mark.parametrize(
    ("text", "calendar"),
    [
        ("01/11/2026", "auto"), ("", "auto"), ("1403/12/31", "auto"), ("1402/12/30", "auto"), ("2026-02-30", "auto"),
        ("2024-08-02", "jalali"), ("1403/05/12", "gregorian"), ("1969-01-01", "auto"), ("45000.5", "auto"),
        ("2026-11-25", "auto"), ("1403/05/12 25:00", "auto"), ("yesterday", "auto"), ("2024-08-02" + " " * 70, "x"),
    ],
)  # fmt: skip
def test_what_is_no_time_of_the_past_is_refused(text, calendar):
    if calendar == "x":
        assert instant(text) == instant("2024-08-02")
    else:
        assert code_of(instant, text, calendar) == "bad_time"


def test_what_ends_on_a_day_ends_with_it_and_may_lie_ahead():
    end = instants.end_of("1405/12/29", zone=TEHRAN, calendar="auto", now=NOW)

    assert end == datetime.combine(date(2027, 3, 21), datetime.min.time(), TEHRAN).astimezone(UTC)
    assert instants.end_of("2030-01-01T00:00Z", zone=TEHRAN, calendar="auto", now=NOW) == datetime(
        2030, 1, 1, tzinfo=UTC
    )
    assert end - NOW > timedelta(days=100)


def test_words_of_consent_and_status_in_two_languages():
    assert {values.consent_of(word) for word in ("Yes", "subscribed", "بله", "opted-in", "TRUE")} == {"granted"}
    assert {values.consent_of(word) for word in ("no", "Unsubscribed", "لغو عضویت", "خیر")} == {"withdrawn"}
    assert code_of(values.consent_of, "perhaps") == "bad_consent"
    none = MappingProxyType({})
    assert values.status_of("wc-completed", none) == values.status_of("تکمیل‌شده", none) == "paid"
    assert values.status_of("در انتظار پرداخت", none) == "open"
    assert values.status_of("لغو شده", none) == "cancelled"
    assert code_of(values.status_of, "closed", none) == "unknown_status"
    assert values.status_of("Closed", MappingProxyType({"closed": "refunded"})) == "refunded"


@given(st.text(max_size=40), st.sampled_from([".", ",", None]))
def test_no_text_makes_the_readers_fail_in_another_way(text, mark):
    for read in (
        lambda: values.number_of(text, mark),
        lambda: instant(text),
        lambda: values.status_of(text, MappingProxyType({})),
        lambda: values.consent_of(text),
        lambda: instants.day_of(text, calendar="auto"),
    ):
        with suppress(WrongValue):
            read()
