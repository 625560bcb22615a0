"""A browser's token reads its own person by each of their ids, and nobody else's."""

from collections.abc import AsyncIterator
from typing import Any

import httpx2
import pytest
from pydantic import BaseModel
from starlette.responses import JSONResponse, Response

from builders.merges import split
from builders.shops import shop_updated
from harness.databases import ServiceDatabase
from harness.in_process import in_process
from harness.tokens import token
from harness.toy import order_of
from harness.toy_merging import both, deliver
from mandegar.database import transaction
from mandegar.service.parts import Part, Service
from mandegar.service.settings import ServiceSettings
from mandegar.shops import record_shops
from mandegar.web import Ctx, CustomerRead, Router


class Seen(BaseModel):
    customer_id: str


_router = Router()


@_router.read("/v1/customers/{customer_id}/seen", Seen)
async def seen(ctx: Ctx, customer: CustomerRead) -> Response:
    return JSONResponse({"customer_id": customer.customer_id})


TOY = Service("toy", parts=[Part[Any](routers=(_router,))], settings=ServiceSettings)


@pytest.fixture
async def http(toy: ServiceDatabase) -> AsyncIterator[httpx2.AsyncClient]:
    async with in_process(TOY, toy) as (_, _, _, client):
        yield client


async def read(http: httpx2.AsyncClient, subject: str | None, customer_id: str, shop: str = "s", **query: Any) -> Any:
    headers = {"Authorization": f"Bearer {token(shop, 'customers:read', subject=subject)}"}
    return await http.get(f"/v1/customers/{customer_id}/seen", headers=headers, params=query)


@pytest.mark.parametrize("query", [{}, {"wait": "0"}], ids=["plain", "by the framework"])
@pytest.mark.parametrize("subject", ["alias", "other-alias", "root"])
@pytest.mark.parametrize("customer_id", ["alias", "other-alias", "root"])
async def test_a_token_of_one_id_reads_by_each_id_of_the_person(toy, http, subject, customer_id, query):
    await deliver(toy, [both("alias", "root")[0], both("other-alias", "root")[0]])
    answer = await read(http, subject, customer_id, **query)
    assert (answer.status_code, answer.json()) == (200, {"customer_id": customer_id})


@pytest.mark.parametrize("query", [{}, {"wait": "0"}], ids=["plain", "by the framework"])
@pytest.mark.parametrize("subject", ["alias", "root", "another", "nobody"])
async def test_a_token_cannot_tell_another_person_from_nobody(toy, http, subject, query):
    await deliver(toy, [order_of("another"), order_of("third"), both("alias", "root")[0], both("a", "b")[0]])
    others = {"another", "third", "a", "b", "alias", "nobody"} - {subject}
    others -= {"alias"} if subject == "root" else set()
    answers = [await read(http, subject, other, **query) for other in sorted(others)]

    assert {answer.status_code for answer in answers} == {404}
    bodies = {(await read(http, subject, "null", **query)).text} | {answer.text for answer in answers}
    assert len(bodies) == 1
    assert '"unknown_customer"' in bodies.pop()


@pytest.mark.parametrize("another", ["a%252Fb", "a"])
async def test_a_token_of_an_id_with_a_slash_reads_no_similar_one(toy, http, another):
    async with transaction(toy.worker) as connection:
        await record_shops(connection, [shop_updated(shop="s", customer_ids="as_sent")])
    await deliver(toy, [order_of("a/b"), order_of("a")])
    assert (await read(http, "a/b", "a%2Fb")).json() == {"customer_id": "a/b"}
    assert (await read(http, "a/b", another)).status_code == 404


async def test_a_token_of_another_shop_reads_nobodys_alias(toy, http):
    await deliver(toy, [both("alias", "root")[0]])
    assert (await read(http, "alias", "root", shop="another")).status_code == 404


async def test_after_a_split_each_token_reads_its_own(toy, http):
    await deliver(toy, [both("alias", "root")[0], split("alias", "root")])
    assert (await read(http, "alias", "root")).status_code == 404
    assert (await read(http, "alias", "alias")).status_code == 200


async def test_a_read_behind_a_merge_takes_the_token_of_the_alias(toy, http):
    of_alias, _ = both("alias", "root")
    assert (await read(http, "alias", "alias", after=str(of_alias.id), wait="0")).status_code == 425
    # Before the merge is known the root is another customer, for whom the token does not even wait.
    assert (await read(http, "alias", "root", after=str(of_alias.id), wait="0")).status_code == 404
    await deliver(toy, [of_alias])
    assert (await read(http, "alias", "root", after=str(of_alias.id), wait="0")).status_code == 200
