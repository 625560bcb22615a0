"""Every packaged template renders, in every language, for the customers that are hardest to write to."""

import re
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from html import escape
from unicodedata import bidirectional
from zoneinfo import ZoneInfo

import pytest

from notify.channels.sms.parts import count
from notify.domain.journey import Offer
from notify.journeys.built_in import built_in_versions
from notify.journeys.document import journey_of
from notify.rendering.message import Mail, Recipient, Sender, Sms, render, values

TEHRAN = ZoneInfo("Asia/Tehran")
NOW = datetime(2026, 11, 22, 8, 30, tzinfo=UTC)
SENDER = Sender("فروشگاه نارنج", "https://shop.example.test/", "https://notify.example.test/u/token", TEHRAN)
NOBODY = Recipient(None, "fa", TEHRAN, None, None, None, stops_by_reply=True)
EVERYTHING = Recipient("سارا محمدی", "fa", TEHRAN, 1240, "gold", NOW - timedelta(days=52), stops_by_reply=True)
OFFER = Offer("BAHAR40", Decimal(500000), "IRR", timedelta(days=14))
CUSTOMERS = {
    "nothing known": NOBODY,
    "everything known": EVERYTHING,
    "longest name": replace(EVERYTHING, name="و" * 10_000),
    "long first name": replace(EVERYTHING, name="ن" * 40 + " دوم"),
    "markup as a name": replace(EVERYTHING, name="<script>alert(1)</script>"),
    "no points": replace(EVERYTHING, points=0),
    "huge points": replace(EVERYTHING, points=10**15),
}
JOURNEYS = {name: journey_of(version) for name, version in built_in_versions().items()}
FACTS = {
    "at_risk_offer": {},
    "points_expiring": {"points": 10**15, "expires_at": NOW + timedelta(days=14)},
    "welcome_back": {"won_back_at": NOW - timedelta(days=1)},
    "till_code": {"code": "048291", "points": 10**15, "expires_at": NOW + timedelta(minutes=3)},
}


def rendered(journey, recipient, language):
    shown = values(journey, FACTS[journey.name], replace(recipient, language=language), SENDER, NOW)
    return render(journey, shown, language)


@pytest.mark.parametrize("who", CUSTOMERS)
@pytest.mark.parametrize("language", ["fa", "en"])
@pytest.mark.parametrize("offer", [None, OFFER], ids=["plain", "gift"])
@pytest.mark.parametrize("name", sorted(JOURNEYS))
def test_each_template_renders_for_everybody(name, language, offer, who):
    message = rendered(replace(JOURNEYS[name], offer=offer), CUSTOMERS[who], language)

    parts = [message.text] if isinstance(message, Sms) else [message.subject, message.text, message.html]
    for part in parts:
        assert part.strip()
        assert "None" not in part
        assert "{{" not in part
        assert "<script" not in part or "&lt;" not in part
    assert isinstance(message, Sms) or "\n" not in message.subject


@pytest.mark.parametrize("language", ["fa", "en"])
def test_markup_in_a_name_is_text_in_the_mail(language):
    mail = rendered(JOURNEYS["at_risk_offer"], CUSTOMERS["markup as a name"], language)

    assert isinstance(mail, Mail)
    assert "<script>" not in mail.html


@pytest.mark.parametrize("language", ["fa", "en"])
def test_a_mail_shows_how_to_leave_and_where_to_go(language):
    mail = rendered(JOURNEYS["at_risk_offer"], EVERYTHING, language)

    assert isinstance(mail, Mail)
    for part in (mail.html, mail.text):
        assert SENDER.unsubscribe_url in part
        assert SENDER.site_url in part
    assert mail.html.count(f'href="{SENDER.site_url}"') == 1


@pytest.mark.parametrize("language", ["fa", "en"])
def test_a_mail_loads_nothing_from_anywhere(language):
    mail = rendered(JOURNEYS["at_risk_offer"], EVERYTHING, language)

    assert isinstance(mail, Mail)
    assert not re.search(r"<img|<link|@import|<script|url\(", mail.html)


def test_a_persian_mail_runs_from_right_to_left_wherever_a_reader_looks():
    mail = rendered(replace(JOURNEYS["at_risk_offer"], offer=OFFER), EVERYTHING, "fa")

    assert isinstance(mail, Mail)
    assert '<html lang="fa" dir="rtl"' in mail.html
    assert '<table lang="fa" dir="rtl"' in mail.html
    assert "text-align:right" in mail.html
    assert "direction:ltr" not in mail.html
    assert "text-align:left" not in mail.html
    assert "Vazirmatn, Tahoma" in mail.html
    assert '<bdi dir="ltr">BAHAR40</bdi>' in mail.html
    assert "۵۰٬۰۰۰ تومان" in mail.html
    assert "۱٬۲۴۰" in mail.html
    assert "۱۵ آذر ۱۴۰۵" in mail.html
    assert "۹ مهر ۱۴۰۵" in mail.html
    assert "\u200c" in mail.html
    assert "Helvetica" not in mail.html


@pytest.mark.parametrize(("language", "day"), [("fa", "۳۰ آبان ۱۴۰۵"), ("en", "21 November 2026")])
def test_a_welcome_thanks_for_the_order_that_brought_the_customer_back(language, day):
    """Even before that order has reached the customer's own row."""
    mail = rendered(JOURNEYS["welcome_back"], EVERYTHING, language)

    assert isinstance(mail, Mail)
    assert day in mail.text
    assert day in mail.html


@pytest.mark.parametrize("name", ["at_risk_offer", "welcome_back"])
@pytest.mark.parametrize("language", ["fa", "en"])
def test_a_customer_is_never_told_of_risk(language, name):
    mail = rendered(JOURNEYS[name], EVERYTHING, language)

    assert isinstance(mail, Mail)
    for part in (mail.subject, mail.text, mail.html):
        assert not re.search(r"\brisk|churn|ریسک|ریزش|از دست", part, re.IGNORECASE)


@pytest.mark.parametrize("who", CUSTOMERS)
def test_an_sms_ends_with_the_way_out_and_stays_short(who):
    persian = rendered(JOURNEYS["points_expiring"], CUSTOMERS[who], "fa")
    english = rendered(JOURNEYS["points_expiring"], CUSTOMERS[who], "en")

    assert isinstance(persian, Sms)
    assert isinstance(english, Sms)
    assert persian.text.endswith("\nلغو۱۱")
    assert english.text.endswith("Reply 11 to stop")
    assert count(persian.text).parts <= 2
    assert "۱۵ آذر ۱۴۰۵" in persian.text


def test_an_english_sms_of_an_english_shop_is_one_part_of_gsm7():
    shown = values(
        JOURNEYS["points_expiring"],
        {"points": 1240, "expires_at": NOW + timedelta(days=14)},
        replace(EVERYTHING, name="Sara Mohammadi", language="en"),
        replace(SENDER, shop_name="Orange Grove"),
        NOW,
    )
    message = render(JOURNEYS["points_expiring"], shown, "en")

    assert isinstance(message, Sms)
    assert (count(message.text).encoding, count(message.text).parts) == ("gsm7", 1)


@pytest.mark.parametrize("who", CUSTOMERS)
@pytest.mark.parametrize(
    ("points", "reward", "credit"),
    [
        (1, None, None), (10**15, None, None), (None, "tea", None), (10**6, "tea", None), (None, None, "2500000"),
        (None, "tea", "2500000"), (10**4, "tea", "2500000"),
    ],
)  # fmt: skip
@pytest.mark.parametrize("shop", ["فروشگاه نارنج", "Orange Grove", "ف" * 500, ""])
@pytest.mark.parametrize("language", ["fa", "en"])
def test_a_code_for_a_till_is_one_part_and_can_be_copied(language, shop, points, reward, credit, who):
    shown = values(
        JOURNEYS["till_code"],
        FACTS["till_code"] | {"points": points, "reward": reward, "credit": credit, "currency": "IRR"},
        replace(CUSTOMERS[who], language=language),
        replace(SENDER, shop_name=shop),
        NOW,
    )
    message = render(JOURNEYS["till_code"], shown, language)

    assert isinstance(message, Sms)
    assert count(message.text).parts == 1
    assert " 048291:" in message.text
    assert (("250,000 Toman" if language == "en" else "۲۵۰٬۰۰۰ تومان") in message.text) is (credit is not None)


END_OF_14_AZAR = datetime(2026, 12, 5, 20, 30, tzinfo=UTC)  # 15 Azar 00:00 in Tehran


@pytest.mark.parametrize(
    ("shop_zone", "reader_zone", "end", "fa", "en"),
    [
        ("Asia/Tehran", "Asia/Tehran", END_OF_14_AZAR, "۱۴ آذر ۱۴۰۵", "5 December 2026"),
        ("Asia/Tehran", "Asia/Tokyo", END_OF_14_AZAR, "۱۴ آذر ۱۴۰۵", "5 December 2026"),
        ("Asia/Tehran", "America/Los_Angeles", END_OF_14_AZAR, "۱۴ آذر ۱۴۰۵", "5 December 2026"),
        ("Asia/Tehran", "Asia/Tehran", END_OF_14_AZAR + timedelta(hours=9), "۱۵ آذر ۱۴۰۵", "6 December 2026"),
        # the first of a month, of a Jalali year, and of a Gregorian one
        ("Asia/Tehran", "Asia/Tehran", datetime(2026, 11, 21, 20, 30, tzinfo=UTC), "۳۰ آبان ۱۴۰۵", "21 November 2026"),
        ("Asia/Tehran", "Asia/Tehran", datetime(2027, 3, 20, 20, 30, tzinfo=UTC), "۲۹ اسفند ۱۴۰۵", "20 March 2027"),
        ("Europe/Berlin", "Europe/Berlin", datetime(2026, 12, 31, 23, tzinfo=UTC), "۱۰ دی ۱۴۰۵", "31 December 2026"),
        # the day after the clocks were moved, and a midnight that does not exist
        ("Europe/Berlin", "Europe/Berlin", datetime(2026, 10, 25, 23, tzinfo=UTC), "۳ آبان ۱۴۰۵", "25 October 2026"),
        ("Asia/Beirut", "Asia/Beirut", datetime(2026, 3, 28, 22, tzinfo=UTC), "۸ فروردین ۱۴۰۵", "28 March 2026"),
        # the reader's 12 December is over before the shop's 13th begins
        (
            "Pacific/Kiritimati",
            "Pacific/Honolulu",
            datetime(2026, 12, 13, 10, tzinfo=UTC),
            "۲۱ آذر ۱۴۰۵",
            "12 December 2026",
        ),
    ],
)
def test_the_last_day_is_named_on_which_points_and_offers_can_still_be_used(shop_zone, reader_zone, end, fa, en):
    sender = replace(SENDER, zone=ZoneInfo(shop_zone))
    for language, day in (("fa", fa), ("en", en)):
        recipient = replace(EVERYTHING, language=language, zone=ZoneInfo(reader_zone))
        expiring = {"points": 1240, "expires_at": end}
        sms = JOURNEYS["points_expiring"]
        mail = replace(JOURNEYS["at_risk_offer"], offer=replace(OFFER, valid=end - NOW))
        texts = [
            render(sms, values(sms, expiring, recipient, sender, NOW), language).text,
            render(mail, values(mail, {}, recipient, sender, NOW), language).text,
            render(mail, values(mail, {}, recipient, sender, NOW), language).html,
        ]

        for text in texts:
            assert re.search(rf"(?<!\d){day}", text), text


@pytest.mark.parametrize("language", ["fa", "en"])
@pytest.mark.parametrize("offer", [None, OFFER], ids=["plain", "gift"])
@pytest.mark.parametrize("name", sorted(JOURNEYS))
def test_nothing_is_promised_that_points_cannot_do_yet(name, language, offer):
    message = rendered(replace(JOURNEYS[name], offer=offer), EVERYTHING, language)

    for part in [message.text] if isinstance(message, Sms) else [message.subject, message.text, message.html]:
        assert not re.search(r"\b(use|spend|redeem|next order)\b|خرید بعدی|استفاده|خرج", part)


@pytest.mark.parametrize(("language", "reply"), [("fa", "لغو۱۱"), ("en", "Reply 11 to stop")])
def test_an_sms_names_a_way_out_that_works_for_its_reader(language, reply):
    journey = JOURNEYS["points_expiring"]
    in_iran = rendered(journey, EVERYTHING, language).text
    elsewhere = rendered(journey, replace(EVERYTHING, stops_by_reply=False), language).text

    assert in_iran.endswith(reply)
    assert "http" not in in_iran
    assert elsewhere.split("\n")[-1] == SENDER.unsubscribe_url
    assert "11" not in elsewhere
    assert "۱۱" not in elsewhere


@pytest.mark.parametrize("language", ["fa", "en"])
def test_a_shop_without_a_sender_of_its_own_promises_neither_a_site_nor_replies(language):
    sender = replace(SENDER, site_url="")
    recipient = replace(EVERYTHING, language=language)
    journey = JOURNEYS["at_risk_offer"]
    mail = render(journey, values(journey, {}, recipient, sender, NOW), language)

    assert isinstance(mail, Mail)
    for part in (mail.text, mail.html):
        assert not re.search(r"See what is new|reply|تازه‌ها را|دیدن تازه‌ها|پاسخ دهید", part)
        assert SENDER.unsubscribe_url in part
    assert 'href=""' not in mail.html


NAMES = [None, "سارا", "John Smith", "24-7", "کافه Zoë", "李雷", "שרה", "a) b"]
SHOPS = ["نمونه", "Orange Grove", "کافه Zoë", "24-7", "فروشگاه 24"]
FSI, PDI = "\u2068", "\u2069"
RIGHT_TO_LEFT = frozenset({"R", "AL"})


def strong(text):
    """The directions of letters, as readers see them that do not know isolates."""
    kinds = [bidirectional(letter) for letter in text]
    return ["fa" if kind in RIGHT_TO_LEFT else "en" for kind in kinds if kind in RIGHT_TO_LEFT or kind == "L"]


@pytest.mark.parametrize("language", ["fa", "en"])
@pytest.mark.parametrize("shop_name", SHOPS)
@pytest.mark.parametrize("name", NAMES)
def test_lines_run_in_the_direction_of_their_language_and_foreign_names_are_isolated(name, shop_name, language):
    recipient, sender = replace(EVERYTHING, name=name, language=language), replace(SENDER, shop_name=shop_name)
    for journey in JOURNEYS.values():
        message = render(journey, values(journey, FACTS[journey.name], recipient, sender, NOW), language)
        lines = message.text.strip().split("\n")
        for line in [*lines, *([message.subject] if isinstance(message, Mail) else [])]:
            outside = re.sub(f"{FSI}[^{FSI}{PDI}]*{PDI}", "", line)
            assert FSI not in outside
            assert PDI not in outside
            assert set(strong(outside)) <= {language} or line in (SENDER.site_url, SENDER.unsubscribe_url)
            assert language not in strong(line) or strong(line)[0] == language
        for url in (SENDER.site_url, SENDER.unsubscribe_url) if isinstance(message, Mail) else ():
            assert url in lines
            assert f"<bdi>{escape(shop_name)}</bdi>" in message.html
            assert name is None or name == "24-7" or f"<bdi>{escape(name)}</bdi>" in message.html


@pytest.mark.parametrize("language", ["fa", "en"])
def test_marks_stand_only_where_two_scripts_meet(language):
    own, shop_name = ("سارا محمدی", "فروشگاه نارنج ۲") if language == "fa" else ("Sara", "Orange Grove 2")
    recipient, sender = replace(EVERYTHING, name=own, language=language), replace(SENDER, shop_name=shop_name)
    for journey in JOURNEYS.values():
        message = render(journey, values(journey, FACTS[journey.name], recipient, sender, NOW), language)
        for part in [message.text] if isinstance(message, Sms) else [message.subject, message.text]:
            assert not re.search("[\u200e\u200f\u2066-\u2069]", part)


@pytest.mark.parametrize("raw", ["null", "None", "undefined", "-", "09121234567", "sara@example.test", "نامشخص"])
@pytest.mark.parametrize("language", ["fa", "en"])
def test_what_is_nobodys_name_greets_nobody(language, raw):
    for journey in JOURNEYS.values():
        assert rendered(journey, replace(EVERYTHING, name=raw), language) == rendered(
            journey, replace(EVERYTHING, name=None), language
        )


def test_the_parts_of_an_sms_include_its_marks():
    message = rendered(JOURNEYS["points_expiring"], replace(EVERYTHING, name="John"), "fa")

    assert message.text.startswith(f"\u200f{FSI}John{PDI} عزیز")
    assert count(message.text).units == len(message.text)
    assert count(message.text).parts == 2


def test_a_persian_sms_to_a_short_name_is_one_part():
    for name, shop_name in (("سارا", "نمونه"), (None, "فروشگاه نارنج")):
        journey, sender = JOURNEYS["points_expiring"], replace(SENDER, shop_name=shop_name)
        facts = {"points": 1240, "expires_at": END_OF_14_AZAR}
        message = render(journey, values(journey, facts, replace(EVERYTHING, name=name), sender, NOW), "fa")

        assert count(message.text).parts == 1
