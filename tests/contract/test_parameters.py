"""A query parameter that a route does not declare is refused, on every route of every service for tokens."""

from typing import Any

import httpx2
import pytest

from harness.apps import SERVICES, app_without_database
from harness.operations import Operation, operations
from harness.tokens import token

APPS = {name: app_without_database(service) for name, service in SERVICES.items()}
OPERATIONS = [operation for name, app in APPS.items() for operation in operations(name, app.openapi())]
BY_TOKEN = [operation for operation in OPERATIONS if operation.access["by"] == "token"]
OTHERS = [operation for operation in OPERATIONS if operation.access["by"] != "token"]


def declared(operation: Operation) -> list[str]:
    return [one["name"] for one in operation.document.get("parameters", ()) if one["in"] == "query"]


async def ask(operation: Operation, query: str) -> Any:
    access = operation.access
    headers = {}
    if access["by"] == "token":
        headers["Authorization"] = (
            f"Bearer {token('*' if access['shops'] == 'every' else 'atlas', access['scopes'][0])}"
        )
    transport = httpx2.ASGITransport(app=APPS[operation.service], raise_app_exceptions=False)
    async with httpx2.AsyncClient(transport=transport, base_url="http://service.test") as http:
        return await http.request(operation.method, f"{operation.path('1')}?{query}", headers=headers)


@pytest.mark.parametrize("query", ["nosuch=1", "nosuch", "Limit=1", "%00=1", "x=1&nosuch=2", "filter[band]=lost"])
@pytest.mark.parametrize("operation", BY_TOKEN, ids=str)
async def test_an_unknown_parameter_is_refused_and_the_known_ones_are_named(operation, query):
    answer = await ask(operation, query)

    problem = answer.json()
    assert (answer.status_code, problem["code"]) == (422, "unknown_parameter"), problem
    assert sorted(problem["parameters"]) == sorted(declared(operation))
    for name in declared(operation):
        assert name in problem["detail"]


@pytest.mark.parametrize("operation", [one for one in BY_TOKEN if declared(one)], ids=str)
async def test_each_mistyped_parameter_is_answered_with_the_one_that_was_meant(operation):
    for name in declared(operation):
        if len(name) > 3:
            answer = await ask(operation, f"{name[:-1]}=1")

            assert answer.json()["parameters"][0] == name
            assert f"Did you mean {name}?" in answer.json()["detail"]


@pytest.mark.parametrize("operation", BY_TOKEN, ids=str)
async def test_each_declared_parameter_is_let_through(operation):
    for name in declared(operation):
        answer = await ask(operation, f"{name}=1")

        assert answer.json().get("code") != "unknown_parameter"


@pytest.mark.parametrize("operation", [one for one in BY_TOKEN if declared(one)], ids=str)
async def test_a_parameter_that_is_stated_twice_is_refused_unless_it_is_a_list(operation):
    for parameter in operation.document["parameters"]:
        if parameter["in"] == "query":
            name = parameter["name"]
            answer = await ask(operation, f"{name}=1&{name}=2")

            is_refused = (answer.status_code, answer.json().get("code")) == (422, "repeated_parameter")
            assert is_refused == (parameter["schema"].get("type") != "array"), name


@pytest.mark.parametrize("operation", [one for one in BY_TOKEN if declared(one)], ids=str)
def test_each_parameter_is_described_and_each_limit_tells_its_maximum(operation):
    for parameter in operation.document["parameters"]:
        if parameter["in"] == "query":
            assert parameter.get("description"), parameter["name"]
        if parameter["name"] == "limit":
            assert f"at most {parameter['schema']['maximum']}" in parameter["description"]


@pytest.mark.parametrize("operation", OTHERS, ids=str)
async def test_doors_links_and_probes_ignore_what_others_append(operation):
    plain, with_more = await ask(operation, ""), await ask(operation, "utm_source=mail&verbose=1")

    assert with_more.status_code == plain.status_code
    assert with_more.headers["content-type"] == plain.headers["content-type"]


async def test_a_name_that_may_be_anything_is_not_repeated():
    (operation,) = [one for one in OPERATIONS if str(one) == "churn GET /v1/customers"]

    for name in ("sara%40example.test", "x" * 5_000, "%3Cscript%3E", "%E2%80%AE"):
        problem = (await ask(operation, f"{name}=1")).json()

        assert problem["code"] == "unknown_parameter"
        assert problem["title"] == "Unknown query parameter"


async def test_a_filter_that_the_list_does_not_have_is_not_answered_with_the_whole_list():
    (operation,) = [one for one in OPERATIONS if str(one) == "churn GET /v1/customers"]
    answer = await ask(operation, "city=Tehran")

    assert answer.status_code == 422
    assert answer.json()["title"] == "Unknown query parameter: city"
    assert (
        answer.json()["detail"]
        == "This route takes band, bom, cursor, lang, lifecycle, limit, segment, sort, stage, tier"
    )
