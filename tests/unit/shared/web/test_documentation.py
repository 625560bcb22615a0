"""``/docs``: every operation and every schema, with links that lead somewhere, safely, from no other origin."""

import re
from html.parser import HTMLParser
from typing import Any
from uuid import uuid4

import httpx2
import pytest

from harness.apps import SERVICES, app_without_database
from harness.operations import operations
from harness.tokens import token
from mandegar.web.documentation.fields import sample
from mandegar.web.documentation.page import ADDRESS, page
from mandegar.web.documentation.text import anchor

DOCUMENTS = {name: app_without_database(service).openapi() for name, service in SERVICES.items()}
PAGES = {name: page(document, SERVICES[name].about) for name, document in DOCUMENTS.items()}
# Elements that end without an end tag.
OPEN_ENDED = {"html", "br", "meta", "link", "p", "td", "th", "tr", "li"}
each = pytest.mark.parametrize("name", SERVICES)


class Reader(HTMLParser):
    """The elements of a page with their attributes, its text, and whatever is not closed."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.open: list[str] = []
        self.texts: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: Any) -> None:
        self.elements.append((tag, dict(attrs)))
        if tag not in OPEN_ENDED:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        if tag not in OPEN_ENDED:
            assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.texts.append(data)

    def all(self, attribute: str) -> list[str]:
        return [value for _, attributes in self.elements if (value := attributes.get(attribute))]


@each
def test_every_operation_has_an_entry_with_its_access_parameters_and_command(name):
    read = Reader(PAGES[name])
    text = " ".join(" ".join(read.texts).split())

    for operation in operations(name, DOCUMENTS[name]):
        assert anchor(operation.method.lower(), operation.template) in read.all("id")
        assert operation.document["summary"] in text
        for parameter in operation.document.get("parameters", ()):
            assert parameter["name"] in text
        for scope in operation.access.get("scopes", ()):
            assert scope in text
    assert text.count("curl -s") >= len(operations(name, DOCUMENTS[name]))


@each
def test_every_schema_has_an_entry_with_its_fields(name):
    read = Reader(PAGES[name])
    text = " ".join(read.texts)

    for schema_name, schema in DOCUMENTS[name]["components"]["schemas"].items():
        assert anchor("schema", schema_name) in read.all("id")
        for field in schema.get("properties", ()):
            assert field in text


@each
def test_every_code_of_an_error_is_shown(name):
    text = " ".join(" ".join(Reader(PAGES[name]).texts).split())

    for operation in operations(name, DOCUMENTS[name]):
        for status, answer in operation.document["responses"].items():
            for code in re.findall(r"`([a-z_]+)`:", answer["description"]) if status >= "400" else ():
                assert code in text


@each
def test_every_link_leads_to_a_place_of_the_page_and_no_place_is_named_twice(name):
    read = Reader(PAGES[name])
    ids = read.all("id")

    assert len(ids) == len(set(ids))
    links = [link for tag, attributes in read.elements if tag == "a" and (link := attributes.get("href"))]
    assert {link.removeprefix("#") for link in links if link.startswith("#")} <= set(ids)
    assert {link for link in links if not link.startswith("#")} == {"openapi.json"}
    assert read.open == []


@each
def test_nothing_is_loaded_and_nothing_runs(name):
    read = Reader(PAGES[name])
    names = {tag for tag, _ in read.elements}

    assert not names & {"script", "img", "iframe", "object", "embed", "form", "base", "video", "audio", "svg"}
    assert [attributes for tag, attributes in read.elements if tag == "link"] == [{"rel": "icon", "href": "data:,"}]
    assert not [attribute for _, attributes in read.elements for attribute in attributes if attribute.startswith("on")]
    assert not {attribute for _, attributes in read.elements for attribute in attributes} & {"src", "style", "action"}
    assert not re.search(r"url\(|@import|@font-face", PAGES[name])


async def docs(name: str, host: str = "service.test", **settings: Any) -> httpx2.Response:
    transport = httpx2.ASGITransport(app=app_without_database(SERVICES[name]))
    async with httpx2.AsyncClient(transport=transport, base_url="http://service.test") as http:
        return await http.get("/docs", headers={"Host": host})


@each
async def test_the_page_allows_nothing_but_its_own_style(name):
    answer = await docs(name)

    assert answer.status_code == 200
    assert answer.headers["content-type"].startswith("text/html")
    policies = answer.headers.get_list("content-security-policy")
    assert "frame-ancestors 'none'" in policies
    (policy,) = [one for one in policies if "default-src" in one]
    assert policy.startswith("default-src 'none'; style-src 'sha256-")
    assert "unsafe" not in policy
    assert not re.search(r"https?:", policy)


@pytest.mark.parametrize(
    ("host", "address"),
    [
        ("127.0.0.1:8001", "http://127.0.0.1:8001"),
        ("[::1]:8001", "http://[::1]:8001"),
        ("shop.example", "http://shop.example"),
        ("x'; rm -rf ~ #:80", "http://localhost:8000"),
        ("<script>:80", "http://localhost:8000"),
    ],
)
async def test_commands_name_the_address_that_was_asked_and_nothing_else_that_a_caller_sent(host, address):
    answer = await docs("loyalty", host)

    assert f"curl -s &#x27;{address}" in answer.text or f"curl -s '{address}" in answer.text
    assert ADDRESS not in answer.text
    assert "rm -rf" not in answer.text
    assert "<script" not in answer.text


WITH_JSON = [
    operation
    for name, document in DOCUMENTS.items()
    for operation in operations(name, document)
    if "application/json" in operation.document.get("requestBody", {}).get("content", {})
    and operation.access["by"] == "token"
]


@pytest.mark.parametrize("operation", WITH_JSON, ids=str)
async def test_the_body_of_a_documented_command_has_the_form_that_the_route_reads(operation):
    schema = operation.document["requestBody"]["content"]["application/json"]["schema"]
    body = sample(schema, DOCUMENTS[operation.service]["components"]["schemas"])
    bearer = token("*" if operation.access["shops"] == "every" else "atlas", operation.access["scopes"][0])
    transport = httpx2.ASGITransport(app=app_without_database(SERVICES[operation.service]), raise_app_exceptions=False)
    async with httpx2.AsyncClient(transport=transport, base_url="http://service.test") as http:
        path = re.sub("(quarantine|groups|reconciliations)/atlas", rf"\1/{uuid4()}", operation.path("atlas"))
        parameters = operation.document.get("parameters", ())
        needed = {each["name"]: "a" for each in parameters if each["in"] == "header" and each.get("required")}
        headers = {**needed, "Authorization": f"Bearer {bearer}"}
        answer = await http.request(operation.method, path, json=body, headers=headers)

    assert answer.status_code != 422, answer.json()


def test_texts_of_a_document_are_no_markup():
    evil = "<script>1</script>'\"><b>`<i>`"
    operation = {
        "summary": evil, "description": evil, "tags": [evil],
        "parameters": [{"name": evil, "in": "query", "description": evil, "schema": {"type": evil, "enum": [evil]}}],
        "requestBody": {"description": evil, "content": {evil: {"schema": {"$ref": f"#/components/schemas/{evil}"}}}},
        "responses": {"200": {"description": evil}},
    }  # fmt: skip
    schema = {"description": evil, "properties": {evil: {"type": "string", "default": evil, "description": evil}}}
    document = {
        "info": {"title": evil}, "paths": {f"/{evil}": {"get": operation}}, "components": {"schemas": {evil: schema}},
    }  # fmt: skip

    names = [tag for tag, _ in Reader(page(document, evil)).elements]
    assert not set(names) & {"script", "b", "i"} - {"b"}
    assert names.count("b") == 1
