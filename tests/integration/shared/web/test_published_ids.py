"""Every read takes the shop's own id of a customer, whatever is published and stored of it."""

from collections.abc import AsyncIterator
from typing import Any
from urllib.parse import quote

import httpx2
import pytest

from builders.shops import shop_updated
from harness.databases import ServiceDatabase
from harness.in_process import in_process
from harness.tokens import token
from integration.shared.web.test_aliases import TOY
from mandegar.database import transaction
from mandegar.events.identity import guest_id, hashed_id
from mandegar.shops import record_shops

KEY = b"for tests only"
OWN = ["c-42", "sara_moradi", "Sara Moradi", "سارا", "989121234567", "a/b", "a_GA1.2", "sara@example.com"]


@pytest.fixture
async def http(toy: ServiceDatabase) -> AsyncIterator[httpx2.AsyncClient]:
    async with in_process(TOY, toy) as (_, _, _, client):
        yield client


def stored(own: str, form: str) -> str:
    if "@" in own:
        return guest_id(own, shop="s", key=KEY)
    if form == "as_sent" or (own == "c-42" and form == "pseudonyms"):
        return own
    if own.startswith("a_"):
        return "a_" + hashed_id(own[2:], shop="s", key=KEY)
    if own == "sara_moradi" and form == "pseudonyms":
        return own
    return hashed_id(own, shop="s", key=KEY)


async def read(http: httpx2.AsyncClient, subject: str | None, customer_id: str, **query: Any) -> tuple[int, Any]:
    headers = {"Authorization": f"Bearer {token('s', 'customers:read', subject=subject)}"}
    answer = await http.get(f"/v1/customers/{quote(customer_id, safe='')}/seen", headers=headers, params=query)
    return answer.status_code, answer.json().get("customer_id")


@pytest.mark.parametrize("query", [{}, {"wait": "0"}], ids=["plain", "by the framework"])
@pytest.mark.parametrize("form", ["pseudonyms", "hash_all", "as_sent"])
@pytest.mark.parametrize("own", OWN)
async def test_a_customer_is_found_by_the_shops_own_id_and_by_the_stored_one(toy, http, own, form, query):
    async with transaction(toy.worker) as connection:
        await record_shops(connection, [shop_updated(shop="s", customer_ids=form)])
    found = stored(own, form)

    for asked in (own, found):
        assert await read(http, None, asked, **query) == (200, found)
        for subject in (own, found):
            assert await read(http, subject, asked, **query) == (200, found)
    for subject in ("another", "Another One"):
        assert await read(http, subject, own, **query) == (404, None)
