"""``/docs``: every operation, safely, from no other origin."""

import re

import pytest

from harness.apps import SERVICES, app_without_database
from mandegar.web.documentation import page


def elements(text: str) -> set[str]:
    """The names of a page's elements."""
    return set(re.findall(r"<([a-z][a-z0-9]*)", text))


@pytest.mark.parametrize("name", SERVICES)
def test_every_operation_is_shown_and_nothing_is_loaded(name):
    document = app_without_database(SERVICES[name]).openapi()
    text = page(document)

    for path, item in document["paths"].items():
        for method in item:
            assert f"<code>{method.upper()} {path}</code>" in text
    assert not elements(text) & {"script", "link", "img", "iframe", "object"}
    assert re.findall(r"(?:src|href|action)=(\S+?)>", text) == ["openapi.json"]
    assert not re.search(r"url\(|@import", text)


async def test_the_page_allows_nothing_but_its_own_style(http):
    answer = await http.get("/docs")

    assert answer.status_code == 200
    assert answer.headers["content-type"].startswith("text/html")
    policies = answer.headers.get_list("content-security-policy")
    assert "default-src 'none'; style-src 'unsafe-inline'" in policies
    assert "frame-ancestors 'none'" in policies


def test_texts_of_a_document_are_no_markup():
    operation = {
        "summary": "<script>1</script>", "description": "<b>", "tags": ["<i>"],
        "responses": {"200": {"description": "<script>"}},
    }  # fmt: skip
    text = page({"info": {"title": "<script>"}, "paths": {"/<script>": {"get": operation}}})

    assert not elements(text) & {"script", "b", "i"}
