"""Consents that a customer or a shop changes by route."""

import pytest

from builders.customers import contact
from harness.notify_service import types

PATH = "/v1/customers/c/preferences"


@pytest.mark.parametrize("scope", ["customers:read", "preferences:write"])
async def test_a_customer_withdraws_with_their_own_token(notify, scope):
    await notify.deliver(contact())
    answer = await notify.ask("PUT", PATH, scope, subject="c", json={"channels": {"sms": "withdrawn"}})

    assert answer.status_code == 200
    assert answer.json()["channels"]["sms"]["consent"] == "withdrawn"
    assert answer.json()["channels"]["email"]["consent"] == "granted"
    assert types(await notify.news()) == [("consent.changed", None)]


@pytest.mark.parametrize("channels", [{"sms": "granted"}, {"email": "withdrawn", "sms": "granted"}])
async def test_a_customers_own_token_grants_nothing_whatever_its_scopes(notify, channels):
    await notify.deliver(contact(granted=""))
    scopes = "customers:read preferences:write ops"
    answer = await notify.ask("PUT", PATH, scopes, subject="c", json={"channels": channels})

    assert (answer.status_code, answer.json()["code"]) == (403, "grant_by_shop_only")
    assert "preferences:write" in answer.json()["detail"]
    consents = (await notify.ask("GET", PATH)).json()["channels"].values()
    assert {channel["consent"] for channel in consents} == {"unknown"}
    assert await notify.news() == []


async def test_a_shop_grants_with_a_scope_of_its_own(notify):
    await notify.deliver(contact(granted=""))
    answer = await notify.ask("PUT", PATH, "preferences:write", json={"channels": {"sms": "granted"}})

    assert answer.status_code == 200
    assert answer.json()["channels"]["sms"]["consent"] == "granted"
    assert types(await notify.news()) == [("consent.changed", None)]


@pytest.mark.parametrize(
    ("scope", "subject", "body", "status"),
    [
        ("customers:read", None, {"channels": {"sms": "granted"}}, 403),
        ("customers:read ops", None, {"channels": {"sms": "granted"}}, 403),
        ("preferences:write", None, {"channels": {"sms": "granted"}}, 200),
        ("customers:read", "d", {"channels": {"sms": "withdrawn"}}, 404),
        ("journeys:write", "c", {"channels": {"sms": "withdrawn"}}, 403),
        ("customers:read", "c", {"channels": {}}, 422),
        ("customers:read", "c", {"channels": {"fax": "granted"}}, 422),
        ("customers:read", "c", {"channels": {"sms": "unknown"}}, 422),
    ],
)
async def test_preferences_are_changed_by_the_right_people_in_the_right_form(notify, scope, subject, body, status):
    await notify.deliver(contact())
    answer = await notify.ask("PUT", PATH, scope, subject=subject, json=body)

    assert answer.status_code == status
