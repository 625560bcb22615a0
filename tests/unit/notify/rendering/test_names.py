"""How names are shown, and what is nobody's name."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from notify.rendering import names

NOBODY = [
    # programs
    "null", "NULL", "None", "none", "undefined", "NaN", "nil", "(null)", "<null>", "null null", "None None",
    "undefined undefined", "nan nan", "[object Object]", "N/A", "n/a", "#N/A", "NULL.", "nUlL",
    "&nbsp;", "true",
    "[object Undefined]", "#REF!", "#NAME?", "Array", "optional(nil)", "ID 55", "c-42", "FNAME LNAME",
    "Enter your name",
    # nothing
    "", " ", "-", "--", "\u2014", ".", "...", "\u2026", "?", "\u061f", "_", "*", "\u200c",
    "\u200f\u200e", "\U0001f642", "()", "\u0640",
    "x", "X", "xx", "xxx", "X X", "a", "A.",
    # phones, addresses, links
    "09121234567", "+98 912 123 4567", "۰۹۱۲۱۲۳۴۵۶۷", "٠٩١٢١٢٣٤٥٦٧", "0912-123-4567", "tel: 0912 123",
    "Sara 09121234567",
    "sara@example.test", "Sara <sara@example.test>", "@sara", "sara at x.com", "www.example.test",
    "https://a.test/b",
    "12 Main Street", "221B Baker Street", "Main Street, Springfield", "تهران، خیابان ولیعصر، پلاک ۱۲",
    "کوچهٔ سوم", "5",
    "123", "۱۲۳", "user123", "guest_42", "customer #1001", "1",
    # forms and their templates
    "Guest", "guest user", "Test", "test test", "Test User", "First Last", "first name", "FirstName",
    "First Name Last Name",
    "{{ name }}", "{{customer.first_name}}", "{% name %}", "${name}", "#{name}", "%name%", "*|FNAME|*",
    "[[name]]",
    "Customer", "Dear Customer", "Mr.", "Mrs", "Unknown", "anonymous", "no name", "No-Name", "walk-in customer",
    # Persian and Arabic
    "نامشخص", "نا مشخص", "نا\u200cمشخص", "بدون نام", "بی\u200cنام", "بی نام", "ناشناس", "مهمان",
    "ميهمان", "كاربر", "کاربر مهمان",
    "کاربر گرامی", "مشتری", "مشتري گرامي", "مشتری\u200cگرامی", "تست", "نام", "نام و نام خانوادگی",
    "نام‌خانوادگی", "نال", "-نامشخص-",
    "فاقد نام", "نام مشخص نشده", "نام ثبت نشده", "مشتری بدون نام", "مصرف کننده نهایی", "گمنام", "نامعتبر",
    "خریدار عمومی", "مشتری آنلاین", "سرکار",
    # joined by programs, of tills and channels, in other languages
    "undefined-undefined", "null,null", "null_null", "undefined,undefined", "null, null", "none/none",
    "Walk in customer", "Cash Customer", "POS Customer", "Online Customer", "Web User", "Retail Customer",
    "In-Store Shopper", "customer (online)", "No Name Given",
    "Gast", "Kunde", "Invité", "Cliente", "Misafir", "Гость", "بلا اسم", "匿名", "ゲスト",
    "«نامشخص»", "خانم", "آقای", "جناب آقای", "کاربر شماره ۵", "فروش حضوری", "نامـشخص", "زائر",
]  # fmt: skip
SOMEBODY = [
    "سارا", "سارا محمدی", "علی\u200cرضا", "مهمان\u200cنواز احمدی", "نامدار", "مشتری\u200cزاده",
    "کاربردار", "خانم احمدی",
    "Sara", "John Smith", "Jean-Luc", "O'Brien", "J. R. R. Tolkien", "Nullah Smith", "Nonesuch",
    "Guestav", "Testa", "Nathan",
    "Nanette", "Customs Anna", "Jennifer 8. Lee", "Henry VIII", "李", "李雷", "Zoë", "שרה", "Ольга",
    "Nguyễn Thị Minh Khai",
    "\U0001f469\u200d\U0001f467 Sara", "Ng", "Ó", "ی ب", "عزیز", "Mr. Bean", "Sir Ian",
    "Johnny Cash", "Walker In", "Web Ber", "Ana Cliente-Gomez", "Anne-Marie",
]  # fmt: skip


@pytest.mark.parametrize("raw", [None, *NOBODY])
def test_what_is_nobodys_name_greets_nobody(raw):
    assert names.of_a_person(raw, 40) == ""


@pytest.mark.parametrize("raw", SOMEBODY)
def test_a_name_greets_its_owner_as_it_is(raw):
    assert names.of_a_person(raw, 40) == raw


@pytest.mark.parametrize(
    ("raw", "shown"),
    [
        ("sara, null", "sara"),
        ("null,sara", "null,sara"),
        ("undefined, Sara", "Sara"),
        ("Sara - undefined", "Sara"),
        ("Sara Jr.", "Sara Jr."),
        ("null-null محمدی", "محمدی"),
    ],
)
def test_what_stands_for_a_missing_part_is_left_out_with_what_separates_it(raw, shown):
    assert names.of_a_person(raw, 40) == shown


@given(
    st.sampled_from([raw for raw in NOBODY if raw.strip()]),
    st.text(" \u00a0\u200c\u200f.-_*'\"()", max_size=3),
    st.booleans(),
)
def test_a_placeholder_stays_one_in_capitals_and_between_marks(raw, around, upper):
    assert names.of_a_person(around + (raw.upper() if upper else raw) + around, 40) == ""


@pytest.mark.parametrize(
    ("raw", "shown"),
    [
        ("undefined محمدی", "محمدی"),
        ("سارا null", "سارا"),
        ("Sara None", "Sara"),
        ("NULL Smith", "Smith"),
        ("null -", ""),
    ],
)
def test_half_a_name_is_shown_without_the_half_that_is_missing(raw, shown):
    assert names.of_a_person(raw, 40) == shown


def test_the_first_word_of_a_long_name_greets_unless_it_is_a_title():
    assert names.of_a_person("Maximiliane Henriette von und zu Hohenstein", 40) == "Maximiliane"
    assert names.of_a_person("Mrs. Maximiliane Henriette von und zu Hohenstein", 40) == ""


@pytest.mark.parametrize(
    ("raw", "expected"),
    [
        (None, ""),
        ("  Sara \r\nBcc: x", "Sara Bcc: x"),
        ("علی\u200cرضا", "علی\u200cرضا"),
        ("\u202eevil\u2069", "evil"),
        ("Maximiliane Henriette von und zu Hohenstein", "Maximiliane"),
        ("x" * 41, ""),
    ],
)
def test_a_name_is_made_fit_for_one_line(raw, expected):
    assert names.one_line(raw, 40) == expected


@given(st.text(max_size=100))
def test_a_greeting_never_breaks_a_line_or_grows(raw):
    for name in (names.one_line(raw, 40), names.of_a_person(raw, 40)):
        assert len(name) <= 40
        assert "\n" not in name
        assert "\r" not in name
