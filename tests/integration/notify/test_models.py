"""Answers are written as JSON, not as models: they are, byte for byte, what the models in the document say."""

import pytest
from pydantic import BaseModel

from builders.bands import crossed
from builders.customers import contact
from builders.points import expiring
from harness.modelled import by_fastapi
from notify.contacts.schemas import Preferences
from notify.sends.schemas import Messages


@pytest.mark.parametrize(("path", "model"), [("messages", Messages), ("preferences", Preferences)])
async def test_an_answer_is_byte_for_byte_that_of_its_model(notify, path: str, model: type[BaseModel]):
    await notify.deliver(
        contact(granted="email"), contact(customer="سارا", granted="", phone=None, name="<b>"), crossed(name="x"),
        *(expiring(points) for points in range(1, 4)), expiring(5, customer="سارا"),
        contact(customer="e", granted="sms", email=None, locale=None),
    )  # fmt: skip
    await notify.send_out()
    await notify.ask("PUT", "/v1/customers/c/preferences", subject="c", json={"channels": {"sms": "withdrawn"}})
    for customer in ("c", "سارا", "e"):
        for query in ({}, {"limit": 2}) if path == "messages" else ({},):
            answer = await notify.get(f"/v1/customers/{customer}/{path}", **query)

            assert answer.status_code == 200, answer.text
            assert answer.content == await by_fastapi(model, answer.content)
    assert (await notify.get(f"/v1/customers/c/{path}")).json().get("messages") != []
