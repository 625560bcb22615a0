"""Every code with which a route can answer an error stands in the OpenAPI document of a service."""

import ast
import re
from pathlib import Path
from typing import Any

import pytest

from harness.apps import SERVICES, app_without_database
from tidy.tree import ROOT, report

DOCUMENTS = {name: app_without_database(service).openapi() for name, service in SERVICES.items()}
CODE = re.compile(r"`([a-z][a-z_]+)`")


def raised(root: Path) -> set[str]:
    """The codes of all problems that the sources under a folder name."""
    found = set()
    for path in root.rglob("src/**/*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and len(node.args) > 1:
                at = {"Problem": 1, "VersionRefused": 0}.get(node.func.id)
                if at is not None and isinstance(code := node.args[at], ast.Constant):
                    found.add(str(code.value))
    return found


def documented(document: dict[str, Any]) -> set[str]:
    texts = [document["components"]["schemas"]["Problem"]["description"]]
    for path in document["paths"].values():
        for operation in path.values():
            texts += [answer["description"] for status, answer in operation["responses"].items() if status >= "400"]
    return {code for text in texts for code in CODE.findall(text)}


@pytest.mark.parametrize("service", SERVICES)
def test_every_code_that_a_service_raises_is_documented_by_it(service):
    codes = raised(ROOT / "services" / service)

    missing = sorted(codes - documented(DOCUMENTS[service]))
    assert not missing, report("give the route responses=errors((status, code, when))", missing)


@pytest.mark.parametrize("service", SERVICES)
def test_every_code_that_the_library_raises_is_documented_where_it_can_be_answered(service):
    codes = raised(ROOT / "libs") - documented(DOCUMENTS[service])

    of_documents = {code for code in codes if service in ("ingest", "churn")} & documented(DOCUMENTS["loyalty"])
    assert codes == of_documents, "of library code, only the errors of documents are not in every service"


@pytest.mark.parametrize("service", SERVICES)
def test_every_error_is_a_problem_with_its_code(service):
    for path in DOCUMENTS[service]["paths"].values():
        for operation in path.values():
            for status, answer in operation["responses"].items():
                if status >= "400" and operation["x-mandegar-access"]["by"] != "link":
                    schema = answer["content"]["application/problem+json"]["schema"]
                    assert schema == {"$ref": "#/components/schemas/Problem"}
                    assert set(answer["content"]) == {"application/problem+json"}
