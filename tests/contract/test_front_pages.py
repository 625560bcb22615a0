"""``GET /`` of every service says what it is and where to look, to browsers and to programs."""

import re

import httpx2
import pytest

from harness.apps import SERVICES, app_without_database

BROWSER = "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"


async def get(name: str, path: str = "/", **headers: str):
    transport = httpx2.ASGITransport(app=app_without_database(SERVICES[name]))
    async with httpx2.AsyncClient(transport=transport, base_url="http://service.test") as http:
        return await http.get(path, headers=headers)


@pytest.mark.parametrize("name", SERVICES)
async def test_a_program_is_told_what_the_service_is_and_every_link_answers(name):
    answer = await get(name, accept="*/*")

    body = answer.json()
    assert body["service"] == name
    assert len(body["about"]) > 40
    assert set(body["links"]) == {"docs", "openapi", "readyz", "metrics"}
    for link in set(body["links"].values()) - {"/metrics", "/readyz"}:
        assert (await get(name, link)).status_code == 200


@pytest.mark.parametrize("name", SERVICES)
async def test_a_browser_gets_a_page_that_loads_nothing(name):
    answer = await get(name, accept=BROWSER)

    assert answer.headers["content-type"].startswith("text/html")
    assert answer.headers["vary"] == "Accept"
    assert SERVICES[name].about.split(":")[0] in answer.text
    assert {f"/{link}" for link in re.findall(r"<a href=([^>]+)>", answer.text)} == set(
        (await get(name)).json()["links"].values()
    )
    assert not re.search(r"<script|<link rel=stylesheet|https?://", answer.text)


@pytest.mark.parametrize("name", SERVICES)
async def test_a_browser_that_opens_a_route_for_tokens_is_told_what_to_do(name):
    answer = await get(name, "/v1/deadletters", accept=BROWSER)

    assert answer.status_code == 401
    assert "Authorization: Bearer <token>" in answer.json()["detail"]
    assert "mandegar token" in answer.json()["detail"]
