"""Who may call what: the token says, a browser's token reads its own customer, and nobody learns who exists."""

from typing import Annotated

import pytest
from fastapi import APIRouter

from harness.signing import Signer, in_seconds
from mandegar.events.identity import guest_id
from mandegar.service.parts import Part, Service
from mandegar.service.settings import ServiceSettings
from mandegar.web import CustomerRead, Principal, Router, require
from mandegar.web.access import check_guarded

KEY = b"a key for tests, and for nothing else"
GUEST = guest_id("sara@example.test", shop="acme", key=KEY)


def bearer(token: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {token}"}


async def test_no_token_is_401_with_the_way_to_authenticate(http):
    answer = await http.get("/v1/operations")

    assert (answer.status_code, answer.json()["code"]) == (401, "unauthenticated")
    assert answer.headers["www-authenticate"] == 'Bearer realm="mandegar"'
    assert answer.headers["content-type"] == "application/problem+json"


@pytest.mark.parametrize("header", ["Basic c2FyYTpzZWNyZXQ=", "Bearer", "token", ""])
async def test_another_way_to_authenticate_is_401(http, header):
    answer = await http.get("/v1/operations", headers={"Authorization": header})

    assert answer.status_code == 401


async def test_an_invalid_token_is_401_and_says_why_without_quoting_it(http, shop):
    token = shop.token("acme", "ops", exp=in_seconds(-3600))

    answer = await http.get("/v1/operations", headers=bearer(token))

    assert (answer.status_code, answer.json()["code"]) == (401, "invalid_token")
    assert answer.json()["detail"] == "the token has expired"
    assert answer.headers["www-authenticate"] == 'Bearer error="invalid_token"'
    assert token not in answer.text


async def test_a_strangers_token_is_401(http):
    answer = await http.get("/v1/operations", headers=bearer(Signer("stranger", "acme").token("acme", "ops")))

    assert answer.status_code == 401


async def test_a_token_without_the_scope_is_403(http, shop):
    answer = await http.get("/v1/operations", headers=bearer(shop.token("acme", "customers:read op s")))

    assert (answer.status_code, answer.json()["code"]) == (403, "forbidden")
    assert answer.headers["content-type"] == "application/problem+json"


async def test_a_token_with_the_scope_acts_for_its_shop(http, shop):
    answer = await http.get("/v1/operations", headers=bearer(shop.token("acme", "ops")))

    assert answer.json() == {"shop": "acme", "service": "toy", "now": "2026-11-22T08:30:00Z"}


async def test_a_browsers_token_operates_nothing_whatever_its_scopes(http, shop):
    answer = await http.get("/v1/operations", headers=bearer(shop.token("acme", "ops", sub="c-1")))

    assert answer.status_code == 403


@pytest.mark.parametrize("path", ["/v1/deadletters", "/v1/stream"])
async def test_what_is_for_operations_needs_their_scope(http, shop, path):
    assert (await http.get(path)).status_code == 401
    assert (await http.get(path, headers=bearer(shop.token("acme", "customers:read")))).status_code == 403


async def read(http, token: str, customer_id: str):
    return await http.get(f"/v1/customers/{customer_id}/seen", headers=bearer(token))


async def test_a_shops_token_reads_each_customer_under_either_form_of_their_id(http, shop):
    token = shop.token("acme", "customers:read")

    for named in ("Sara@Example.test", GUEST):
        assert (await read(http, token, named)).json() == {"shop": "acme", "customer_id": GUEST}


async def test_a_browsers_token_reads_its_own_customer_under_either_form(http, shop):
    token = shop.token("acme", "customers:read", sub="sara@example.test")

    for named in ("sara@example.test", GUEST):
        assert (await read(http, token, named)).json()["customer_id"] == GUEST


@pytest.mark.parametrize("subject", ["guest", "undefined", "0"])
async def test_a_browsers_token_for_nobody_reads_nobody(http, shop, subject):
    token = shop.token("acme", "customers:read", sub=subject)

    for customer_id in (subject, "c-1"):
        assert (await read(http, token, customer_id)).status_code == 404


async def test_a_visitors_token_with_an_empty_subject_reads_nobody(http, shop):
    assert (await read(http, shop.token("acme", "customers:read", sub=""), "c-1")).status_code == 401


async def test_reading_customers_needs_the_scope(http, shop):
    assert (await read(http, shop.token("acme", "ops"), "c-1")).status_code == 403


async def test_the_counts_of_all_shops_are_not_for_a_shops_own_key(http, shop):
    answer = await http.get("/v1/stream", headers=bearer(shop.token("acme", "ops")))

    assert (answer.status_code, answer.json()["code"]) == (403, "forbidden")


@pytest.mark.parametrize(("method", "path"), [("GET", "?before={}"), ("POST", "/{}/release")])
async def test_an_id_that_no_row_can_have_is_refused(http, shop, method, path):
    path = "/v1/deadletters" + path.format(2**63)
    answer = await http.request(method, path, headers=bearer(shop.token("acme", "ops")))

    assert (answer.status_code, answer.json()["code"]) == (422, "invalid")


@pytest.mark.parametrize("path", ["a%2Fb", "a%2fb"])
async def test_a_customer_id_with_a_slash_is_asked_for_encoded(http, shop, path):
    token = shop.token("acme", "customers:read", sub="a/b")

    assert (await read(http, token, path)).json()["customer_id"] == "a/b"
    assert (await read(http, token, "a/b")).status_code == 404
    assert (await read(http, shop.token("acme", "customers:read"), "a%252Fb")).json()["customer_id"] == "a%2Fb"


def test_a_route_that_declares_no_access_or_two_is_refused_at_start():
    async def endpoint() -> None: ...

    async def doubly(_: Annotated[Principal, require("ops")], __: CustomerRead) -> None: ...

    for undeclared in (endpoint, doubly):
        with pytest.raises(TypeError, match="the route /v1/orders must declare one access"):
            Router().get("/v1/orders")(undeclared)


def test_a_router_whose_routes_are_not_guarded_is_refused_at_start():
    router = APIRouter()
    router.get("/v1/orders")(lambda: None)
    service = Service("toy", parts=[Part(routers=(router,))], settings=ServiceSettings)

    with pytest.raises(TypeError, match="/v1/orders"):
        check_guarded(service.routers)


def test_a_route_cannot_ask_for_a_scope_that_no_token_can_have():
    with pytest.raises(ValueError, match="customers:write"):
        require("customers:write")  # type: ignore[arg-type]
