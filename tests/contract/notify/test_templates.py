"""Every packaged template renders, in every language, for the customers that are hardest to write to."""

import re
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest

from notify.channels.sms.parts import count
from notify.domain.journey import Offer
from notify.journeys.built_in import built_in_versions
from notify.journeys.document import journey_of
from notify.rendering.message import Mail, Recipient, Sender, Sms, render, values

NOW = datetime(2026, 11, 22, 8, 30, tzinfo=UTC)
SENDER = Sender("فروشگاه نارنج", "https://shop.example.test/", "https://notify.example.test/u/token")
NOBODY = Recipient(None, "fa", ZoneInfo("Asia/Tehran"), None, None, None)
EVERYTHING = Recipient("سارا محمدی", "fa", ZoneInfo("Asia/Tehran"), 1240, "gold", NOW - timedelta(days=52))
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
FACTS = {"at_risk_offer": {}, "points_expiring": {"points": 10**15, "expires_at": NOW + timedelta(days=14)}}


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


@pytest.mark.parametrize("language", ["fa", "en"])
def test_a_customer_is_never_told_of_risk(language):
    mail = rendered(JOURNEYS["at_risk_offer"], EVERYTHING, language)

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
