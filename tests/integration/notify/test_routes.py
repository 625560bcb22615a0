"""What holds for all routes of a customer: who sees whom, and that no answer shows an address."""

import pytest

from builders.bands import crossed
from builders.customers import contact
from builders.points import expiring


@pytest.mark.parametrize("path", ["messages", "preferences"])
async def test_an_unknown_customer_is_a_404_problem(notify, path):
    answer = await notify.ask("GET", f"/v1/customers/nobody/{path}")

    assert (answer.status_code, answer.json()["code"]) == (404, "unknown_customer")


@pytest.mark.parametrize("path", ["messages", "preferences"])
async def test_one_shop_or_customer_never_sees_another(notify, path):
    await notify.deliver(contact(), contact(customer="d"), crossed())

    assert (await notify.ask("GET", f"/v1/customers/c/{path}", shop="other")).status_code == 404
    assert (await notify.ask("GET", f"/v1/customers/c/{path}", subject="d")).status_code == 404
    assert (await notify.ask("GET", f"/v1/customers/c/{path}", subject="c")).status_code == 200


async def test_no_answer_shows_an_address(notify):
    await notify.deliver(contact(), crossed(), expiring())
    await notify.send_out()
    for path in ("/v1/customers/c/messages", "/v1/customers/c/preferences", "/v1/messages/summary"):
        answer = await notify.ask("GET", path)

        assert answer.status_code == 200
        assert "example.test" not in answer.text
        assert "9121234567" not in answer.text
