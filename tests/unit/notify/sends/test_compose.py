"""What a claim comes to: the facts of shop and customer that decide what a message says."""

import pytest

from builders.claims import claim
from builders.events import NOON
from notify.sends.compose import compose, sender_for
from notify.settings import NotifySettings

SETTINGS = NotifySettings(
    environment="local", kafka_bootstrap="k", worker_database_url="w", web_database_url="w", http_port=1,
    identity_key="an identity key", smtp_url="smtp://m", sms_url="http://s", sms_api_key="s",
    public_url="https://notify.example.test", default_sender_email="post@operator.example.test",
)  # fmt: skip


def sms(language="en", **changes):
    return compose(claim("points_expiring", language, **changes), SETTINGS, NOON).content.decode()


@pytest.mark.parametrize(
    ("phone", "replies"),
    [("+989121234567", True), ("+491711234567", False), ("+9647701234567", False), ("+19121234567", False)],
)
@pytest.mark.parametrize("region", ["IR", "DE"])
def test_an_sms_asks_for_a_reply_in_iran_alone(phone, replies, region):
    text = sms(contact={"phone": phone}, shop={"phone_region": region})

    assert ("Reply 11" in text) == replies
    assert ("https://notify.example.test/u/" in text.split("\n")[-1]) == (not replies)


def test_an_sms_names_the_shops_last_day_to_a_customer_elsewhere():
    ends_in_tehran = {"expires_at": "2026-12-05T20:30:00Z"}

    for zone in ("Asia/Tokyo", "America/Los_Angeles", None):
        assert "expire after 5 December 2026." in sms(contact={"zone": zone}, cause=ends_in_tehran)
        assert "آخرین روز اعتبار: ۱۴ آذر ۱۴۰۵" in sms("fa", contact={"zone": zone}, cause=ends_in_tehran)


def test_a_customer_whose_shop_has_no_valid_zone_is_told_the_day_in_their_own():
    ends_in_tokyo = {"expires_at": "2026-12-05T15:00:00Z"}

    text = sms(shop={"zone": "Nowhere/Land"}, contact={"zone": "Asia/Tokyo"}, cause=ends_in_tokyo)
    assert "expire after 5 December 2026." in text


@pytest.mark.parametrize("name", ["  Orange \r\n Grove ", "Orange\x00 Grove", "\u202eOrange Grove\u2069"])
def test_the_name_of_a_shop_is_one_line_in_every_header(name):
    content = compose(claim("at_risk_offer", "en", shop={"name": name}), SETTINGS, NOON).content.decode()

    assert 'From: "Orange Grove" <hello@shop.example.test>\r\n' in content


def test_the_site_of_the_operator_is_not_the_shops():
    own, without = (claim("at_risk_offer", "en", shop={"sender_email": email}).shop for email in ("a@b.example", ""))

    assert sender_for(own, "token", SETTINGS).site_url == "https://b.example/"
    assert sender_for(without, "token", SETTINGS).site_url == ""
