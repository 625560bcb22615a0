"""Completes the OpenAPI document that FastAPI generates: schemas of bodies it does not read, errors by code, events."""

from collections.abc import Iterator
from typing import Any

from mandegar.events import topics
from mandegar.events.schemas import published_schemas

# ``openapi_extra`` of a route: schemas by name, which its body refers to.
COMPONENTS = "x-mandegar-components"
METHODS = ("get", "post", "put", "patch", "delete")
_ERROR = "#/components/schemas/Problem"
_PROBLEM = {
    "type": "object",
    "description": "An error (RFC 9457). Programs decide by `code`, which stays the same; the texts are for people. "
    "Besides the codes of a route, any request can be answered with `not_found` or `method_not_allowed`; with "
    "`malformed_request`, `request_timeout`, `too_large`, `headers_too_large`, `too_many_headers` or "
    "`too_many_pipelined` if it cannot be read; with `busy` or `unavailable` if it may be tried again after "
    "`Retry-After`; with `too_many_refused` if many requests of its address had no valid credentials; and with "
    "`internal` if the service failed",
    "required": ["type", "title", "status", "code"],
    "properties": {
        "type": {"type": "string", "description": "Always about:blank"},
        "title": {"type": "string", "description": "What is wrong"},
        "status": {"type": "integer", "description": "The HTTP status"},
        "code": {"type": "string", "description": "The stable code"},
        "detail": {"type": "string", "description": "The cause, or what to do"},
        "errors": {
            "type": "array",
            "description": "With `invalid`: what is wrong at each place of the request",
            "items": {
                "type": "object",
                "properties": {"at": {"type": "string"}, "message": {"type": "string"}},
            },
        },
    },
}


def complete(document: dict[str, Any], service: str) -> dict[str, Any]:
    """The document with the components of its routes, its errors by code, and the events that ``service`` publishes."""
    schemas = document.setdefault("components", {}).setdefault("schemas", {})
    for operation in _operations(document):
        schemas.update(operation.pop(COMPONENTS, {}))
        answers = operation["responses"]
        had_422 = "422" in answers and answers["422"].get("description") == "Validation Error"
        if had_422:
            del answers["422"]
        for status, text in _errors(operation, invalid=had_422):
            answer = answers.setdefault(status, {"description": ""})
            answer["description"] = "; ".join(filter(None, (answer["description"], text)))
        for status, answer in answers.items():
            if answer["description"] == "Successful Response":
                answer["description"] = _success(answer, schemas)
            # The link of a message is opened by people: its errors are pages.
            if status >= "400" and operation.get("x-mandegar-access", {}).get("by") != "link":
                answer["content"] = {"application/problem+json": {"schema": {"$ref": _ERROR}}}
        operation["responses"] = dict(sorted(answers.items()))
    for name in ("HTTPValidationError", "ValidationError"):
        schemas.pop(name, None)
    schemas["Problem"] = _PROBLEM
    for topic in topics.published_by(service):
        schemas.update(published_schemas(topic))
    return document


def _success(answer: dict[str, Any], schemas: dict[str, Any]) -> str:
    """What an answer is, by the description of its schema."""
    references = [content.get("schema", {}).get("$ref", "") for content in answer.get("content", {}).values()]
    found = [schemas.get(reference.rpartition("/")[2], {}).get("description") for reference in references]
    return next((text for text in found if text), "Done")


def _operations(document: dict[str, Any]) -> Iterator[dict[str, Any]]:
    for path in document["paths"].values():
        for method in METHODS:
            if method in path:
                yield path[method]


def _errors(operation: dict[str, Any], *, invalid: bool) -> Iterator[tuple[str, str]]:
    """Statuses and texts of the errors that follow from what an operation declares."""
    parameters = {parameter["name"] for parameter in operation.get("parameters", ())}
    access = operation.get("x-mandegar-access", {})
    if invalid:
        yield "422", "`invalid`: the request does not have this form; `errors` names each place"
    if parameters & {"before", "cursor", "lots_after"}:
        yield "422", "`invalid_cursor`: the cursor is not from an earlier answer"
    if access.get("by") != "token":
        return
    yield (
        "401",
        "`unauthenticated`: there is no token; `invalid_token`: it has expired or its signature is not accepted",
    )
    yield "403", "`forbidden`: the token lacks the scope, or is one that may not use this route"
    if access["shops"] == "one":
        yield "403", "`shop_required`: an operator's token names no shop"
    if "customer_id" in parameters:
        yield "404", "`unknown_customer`: no event of this customer has been applied"
    yield "422", "`unknown_parameter`: the query has a parameter that this route does not have"
    yield "422", "`repeated_parameter`: the query has a parameter more than once of which the route takes one value"
    if "after" in parameters:
        yield "425", "`not_applied_yet`: the event was not applied within `wait`"
    yield "429", "`too_many_requests`: the limit of the shop, or of the customer, is reached"
