"""``/docs``: every operation, safely, from no other origin."""

import re
from html.parser import HTMLParser

import pytest

from harness.apps import SERVICES, app_without_database
from mandegar.web.documentation import page


class Elements(HTMLParser):
    """The names of elements, and the addresses to which the page leads."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.names: set[str] = set()
        self.addresses: set[str | None] = set()
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        self.names.add(tag)
        self.addresses |= {value for name, value in attrs if name in {"src", "href", "action"}}


@pytest.mark.parametrize("name", SERVICES)
def test_every_operation_is_shown_and_nothing_is_loaded(name):
    document = app_without_database(SERVICES[name]).openapi()
    text = page(document)

    for path, item in document["paths"].items():
        for method in item:
            assert f"<code>{method.upper()} {path}</code>" in text
    elements = Elements(text)
    assert not elements.names & {"script", "link", "img", "iframe", "object"}
    assert elements.addresses == {"openapi.json"}
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

    assert not Elements(text).names & {"script", "b", "i"}
