"""Consents that a customer or a shop changes by route."""

import pytest

from builders.customers import contact
from harness.notify_service import types


async def test_a_customer_changes_preferences_with_their_own_token(notify):
    await notify.deliver(contact(granted=""))
    answer = await notify.ask("PUT", "/v1/customers/c/preferences", subject="c", json={"channels": {"sms": "granted"}})

    assert answer.status_code == 200
    assert answer.json()["channels"]["sms"]["consent"] == "granted"
    assert answer.json()["channels"]["email"]["consent"] == "unknown"
    assert types(await notify.news()) == [("consent.changed", None)]


@pytest.mark.parametrize(
    ("scope", "subject", "body", "status"),
    [
        ("customers:read", None, {"channels": {"sms": "granted"}}, 403),
        ("customers:read ops", None, {"channels": {"sms": "granted"}}, 200),
        ("customers:read", "d", {"channels": {"sms": "granted"}}, 404),
        ("customers:read", "c", {"channels": {}}, 422),
        ("customers:read", "c", {"channels": {"fax": "granted"}}, 422),
        ("customers:read", "c", {"channels": {"sms": "unknown"}}, 422),
    ],
)
async def test_preferences_are_changed_by_the_right_people_in_the_right_form(notify, scope, subject, body, status):
    await notify.deliver(contact())
    answer = await notify.ask("PUT", "/v1/customers/c/preferences", scope, subject=subject, json=body)

    assert answer.status_code == status
