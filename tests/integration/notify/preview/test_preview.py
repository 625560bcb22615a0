"""A journey's message, rendered and not sent."""

import re

import pytest

from builders.customers import contact
from builders.events import SHOP
from builders.shops import shop_updated
from mandegar.events.identity import hashed_id
from notify.contacts.unsubscribe_token import read_token


@pytest.mark.parametrize("locale", ["fa", "en"])
async def test_a_journey_is_previewed_without_a_customer(notify, locale):
    mail = await notify.ask("POST", f"/v1/journeys/at_risk_offer/preview?locale={locale}", "journeys:write")
    sms = await notify.ask("POST", f"/v1/journeys/points_expiring/preview?locale={locale}", "journeys:write")

    assert (mail.status_code, mail.json()["locale"], mail.json()["sms"]) == (200, locale, None)
    assert mail.json()["html"].startswith("<!doctype html>")
    assert sms.json()["sms"]["parts"] in (1, 2)
    assert notify.mail.given == []


async def test_a_journey_is_previewed_as_one_customer_would_get_it(notify):
    await notify.deliver(contact(name="زهرا"))
    path = "/v1/journeys/points_expiring/preview?customer_id=c"
    answer = await notify.ask("POST", path, "journeys:write customers:read")

    assert answer.json()["sms"]["text"].startswith("زهرا عزیز")


async def test_a_journey_is_previewed_for_a_customer_whose_id_is_published_as_a_hash(notify):
    stored = hashed_id("Sara Moradi", shop=SHOP, key=notify.context.identity_key)
    await notify.deliver(shop_updated(2, customer_ids="pseudonyms"), contact(customer=stored, name="زهرا"))
    path = "/v1/journeys/points_expiring/preview?customer_id=Sara Moradi"
    answer = await notify.ask("POST", path, "journeys:write customers:read")

    assert answer.json()["sms"]["text"].startswith("زهرا عزیز")


@pytest.mark.parametrize(
    ("path", "scope", "status", "code"),
    [
        ("nothing/preview", "journeys:write", 404, "unknown_journey"),
        ("at_risk_offer/preview", "customers:read", 403, "forbidden"),
        ("at_risk_offer/preview?customer_id=c", "journeys:write", 403, "forbidden"),
        ("at_risk_offer/preview?customer_id=nobody", "journeys:write customers:read", 404, "unknown_customer"),
        ("at_risk_offer/preview?customer_id=null", "journeys:write customers:read", 404, "unknown_customer"),
        ("at_risk_offer/preview?locale=de", "journeys:write", 422, "invalid"),
    ],
)
async def test_a_preview_that_cannot_be_made_says_why(notify, path, scope, status, code):
    answer = await notify.ask("POST", f"/v1/journeys/{path}", scope)

    assert (answer.status_code, answer.json()["code"]) == (status, code)


async def test_the_link_of_a_preview_unsubscribes_nobody(notify):
    await notify.deliver(contact(customer="preview"), contact())
    for query in ("", "&customer_id=c", "&customer_id=preview"):
        path = f"/v1/journeys/at_risk_offer/preview?locale=en{query}"
        text = (await notify.ask("POST", path, "journeys:write customers:read")).json()["text"]
        for token in re.findall(r"/u/([^\s\u2066-\u2069]+)", text):
            assert read_token(token, notify.settings.unsubscribe_secret) is None
            assert (await notify.client.post(f"/u/{token}")).status_code == 404
        assert "/u/" in text

    rows = await notify.database.worker.fetch("SELECT own_consents::text AS own FROM customers")
    assert not [row for row in rows if "withdrawn" in row["own"]]
