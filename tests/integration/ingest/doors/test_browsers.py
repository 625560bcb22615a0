"""Keys and tokens in a browser: which pages may use them, and for whom their visitors may speak."""

import pytest

from harness.ingest_service import SETTINGS, SHOP
from ingest.domain.visitor_proof import visitor_proof
from mandegar.web.origins import CACHED_SECONDS

PAGE, FOREIGN = "https://shop.example", "https://evil.example"
VIEW = {"id": "v", "type": "product.viewed", "customer": {"anonymous_id": "b"}, "data": {"product_id": "p"}}


@pytest.fixture(autouse=True)
def fresh(monkeypatch):
    """Origins and keys are read for each request."""
    monkeypatch.setattr("mandegar.web.origins.CACHED_SECONDS", -1)
    monkeypatch.setattr("ingest.sources.keys.CACHED_SECONDS", 0)
    assert CACHED_SECONDS == 5


@pytest.fixture
async def browser(ingest):
    return await ingest.make_source(trust="browser", origins=[PAGE])


def allowed(answer):
    return answer.headers.get("access-control-allow-origin")


async def test_a_page_of_the_source_uses_its_key_and_reads_the_answer(ingest, browser):
    answer = await ingest.send(VIEW, key=browser["key"], headers={"Origin": PAGE})

    assert (answer.status_code, allowed(answer)) == (202, PAGE)
    assert "Origin" in answer.headers["vary"]
    assert "Retry-After" in answer.headers["access-control-expose-headers"]
    assert "access-control-allow-credentials" not in answer.headers


@pytest.mark.parametrize("origin", [FOREIGN, "null", "http://shop.example", PAGE + ":8443", PAGE + ".evil"])
async def test_another_page_cannot_use_the_key(ingest, browser, origin):
    answer = await ingest.send(VIEW, key=browser["key"], headers={"Origin": origin})

    assert (answer.status_code, answer.json()["code"]) == (403, "origin_not_allowed")
    assert allowed(answer) is None


async def test_a_source_without_origins_is_for_no_page(ingest):
    source = await ingest.make_source(trust="browser")
    answer = await ingest.send(VIEW, key=source["key"], headers={"Origin": PAGE})

    assert answer.status_code == 403


async def test_the_key_of_a_server_is_for_no_page(ingest, browser):
    answer = await ingest.send({**VIEW, "customer": {"id": "c"}}, headers={"Origin": PAGE})

    assert (answer.status_code, allowed(answer)) == (202, None)


async def test_refusals_can_be_read_by_pages_too(ingest, browser):
    for answer in (
        await ingest.send(VIEW, key="mdg_unknown_key", headers={"Origin": PAGE}),
        await ingest.client.get("/v1/customers/c/events", headers={"Origin": PAGE}),
    ):
        assert (answer.status_code, allowed(answer)) == (401, PAGE)


@pytest.mark.parametrize(("origin", "status"), [(PAGE, 204), (FOREIGN, 403), ("null", 403), ("*", 403)])
async def test_a_preflight_is_granted_to_pages_that_somebody_allows(ingest, browser, origin, status):
    headers = {"Origin": origin, "Access-Control-Request-Method": "POST"}
    answer = await ingest.client.options("/v1/events", headers=headers)

    assert answer.status_code == status
    assert allowed(answer) == (origin if status == 204 else None)
    if status == 204:
        assert "Authorization" in answer.headers["access-control-allow-headers"]
        assert answer.headers["access-control-max-age"] == "600"


async def test_a_customers_token_is_used_on_pages_of_its_own_shop_alone(ingest):
    await ingest.ask("PUT", f"/v1/shops/{SHOP}", json={**SETTINGS, "origins": [PAGE, PAGE + "/"]})
    await ingest.ask("PUT", "/v1/shops/other", shop="other", json={**SETTINGS, "origins": [FOREIGN]})
    await ingest.send({**VIEW, "customer": {"id": "c"}})
    answers = {
        (origin, shop): allowed(
            await ingest.ask(
                "GET", "/v1/customers/c/events", "customers:read", shop=shop, subject="c", headers={"Origin": origin}
            )
        )
        for origin in (PAGE, FOREIGN)
        for shop in (SHOP, "other")
    }

    assert answers == {
        (PAGE, SHOP): PAGE, (FOREIGN, SHOP): None, (PAGE, "other"): None, (FOREIGN, "other"): FOREIGN,
    }  # fmt: skip
    assert (await ingest.ask("GET", f"/v1/shops/{SHOP}")).json()["origins"] == [PAGE]


async def test_what_no_customers_token_may_use_no_page_reads(ingest):
    await ingest.ask("PUT", f"/v1/shops/{SHOP}", json={**SETTINGS, "origins": [PAGE]})
    answer = await ingest.ask("GET", "/v1/sources", headers={"Origin": PAGE})

    assert (answer.status_code, allowed(answer)) == (200, None)


@pytest.mark.parametrize(
    "origin",
    ["*", "null", "", "shop.example", "https://*.example", "https://shop.example/page", "http://shop.example",
     "https://a@shop.example", "https://shop.example:0", "javascript:alert(1)", "https://shop.example\n"],
)  # fmt: skip
async def test_an_origin_is_one_page_over_tls(ingest, origin):
    shop = await ingest.ask("PUT", f"/v1/shops/{SHOP}", json={**SETTINGS, "origins": [origin]})
    source = await ingest.ask("POST", "/v1/sources", json={"name": "s", "trust": "browser", "origins": [origin]})

    stripped = origin.strip() == PAGE
    assert {shop.status_code, source.status_code} == ({200, 201} if stripped else {422})


async def test_origins_and_proof_of_a_source_are_changed_one_by_one(ingest, browser):
    path = f"/v1/sources/{browser['source_id']}"
    assert browser["visitor_proof"] == "required"
    changed = await ingest.ask("PATCH", path, json={"origins": [FOREIGN]})
    assert (changed.json()["origins"], changed.json()["visitor_proof"]) == ([FOREIGN], "required")
    changed = await ingest.ask("PATCH", path, json={"visitor_proof": "off"})
    assert (changed.json()["origins"], changed.json()["visitor_proof"]) == ([FOREIGN], "off")
    assert (await ingest.ask("PATCH", path, json={})).status_code == 422


async def test_a_visitor_is_believed_with_a_proof_of_the_two_newest_secrets(ingest, browser):
    path = f"/v1/sources/{browser['source_id']}/visitor-secrets"
    secrets = [browser["visitor_secret"]]
    secrets += [(await ingest.ask("POST", path)).json()["visitor_secret"] for _ in range(2)]
    events = [
        {**VIEW, "id": f"v-{number}", "customer": {"id": "c", "proof": visitor_proof("c", secret)}}
        for number, secret in enumerate(secrets)
    ]
    results = await ingest.results([*events, {**VIEW, "customer": {"id": "c"}}], key=browser["key"])

    refused = ("rejected", "visitor_unproven")
    assert results == [refused, ("accepted", None), ("accepted", None), refused]


async def test_a_secret_is_shown_once_and_only_browser_sources_have_one(ingest, browser):
    listed = (await ingest.ask("GET", "/v1/sources")).text
    refused = await ingest.ask("POST", f"/v1/sources/{ingest.source_id}/visitor-secrets")

    assert browser["visitor_secret"] not in listed
    assert "visitor_secret" not in listed
    assert (refused.status_code, refused.json()["code"]) == (409, "not_a_browser_source")
