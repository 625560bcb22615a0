"""Builds the page of an OpenAPI document."""

import re
from collections.abc import Iterator, Mapping
from html import escape
from importlib.resources import files
from typing import Any

import orjson

from mandegar.web.documentation.fields import Schemas, field_table, notes, sample, schema_link, type_in_words
from mandegar.web.documentation.text import anchor, code, folded, inline, paragraphs, reference_of, table, title
from mandegar.web.openapi import METHODS

# Replaced by the address under which the page was asked for: no address has this character.
ADDRESS = "\ue001"
STYLE = (files("mandegar.web.documentation") / "style.css").read_text(encoding="utf-8")
_SAMPLES = {"customer_id": "c-42", "shop": "demo", "limit": "50"}
_NEXT_CODE = re.compile(r"; (?=`[a-z_]+`:)")
Operation = Mapping[str, Any]


def page(document: Mapping[str, Any], about: str = "") -> str:
    """The page of an OpenAPI document, with ``ADDRESS`` where the address of the service belongs."""
    heading = escape(document["info"]["title"])
    schemas = document.get("components", {}).get("schemas", {})
    by_tag: dict[str, list[tuple[str, str, Operation]]] = {}
    for path, item in document["paths"].items():
        for method in METHODS:
            if method in item:
                by_tag.setdefault((item[method].get("tags") or ["customers"])[0], []).append(
                    (method, path, item[method])
                )
    groups = "".join(
        f"<h2 id='{anchor(tag)}'>{escape(tag)}</h2>"
        + "".join(_operation(method, path, operation, schemas) for method, path, operation in listed)
        for tag, listed in by_tag.items()
    )
    return (
        "<!doctype html><html lang=en><meta charset=utf-8>"
        '<meta name=viewport content="width=device-width"><link rel=icon href="data:,">'
        f"<title>{heading}</title><style>{STYLE}</style>{_contents(heading, by_tag)}"
        f"<main><h1>{heading}</h1>{paragraphs(about)}"
        "<p>The same for programs: <a href=openapi.json>openapi.json</a> (OpenAPI 3.1).</p>"
        f"{_first_request(by_tag, schemas)}{groups}{_published(schemas)}{_schemas(schemas)}</main></html>"
    )


def _contents(heading: str, by_tag: Mapping[str, list[tuple[str, str, Operation]]]) -> str:
    lists = "".join(
        f"<b>{escape(tag)}</b><ul>"
        + "".join(
            f"<li><a href='#{anchor(method, path)}'><span class='method {method}'>{method}</span>{escape(path)}</a>"
            for method, path, _ in listed
        )
        + "</ul>"
        for tag, listed in by_tag.items()
    )
    lists += "<a href='#schemas'>Schemas</a>"
    return f"<nav>{folded(heading, lists, is_open=True)}</nav>"


def _first_request(by_tag: Mapping[str, list[tuple[str, str, Operation]]], schemas: Schemas) -> str:
    """A request to begin with: what the document itself gives an example of, else a read of one customer."""
    every = [one for listed in by_tag.values() for one in listed]
    with_example = [one for one in every if _examples(one[2])]
    reads = [one for one in every if one[0] == "get" and "{customer_id}" in one[1]]
    if not (found := with_example or reads):
        return ""
    method, path, operation = found[0]
    by_key = operation.get("x-mandegar-access", {}).get("by") == "source_key"
    how = (
        "`$KEY` is the key of a source: `POST /v1/sources` makes one and shows it once; the local stack has one in "
        "`.local/stack.json`."
        if by_key
        else "`$TOKEN` is a signed token. Each route tells which scopes it needs; on the local stack "
        "`mandegar token --shop demo --scope customers:read` makes one."
    )
    return f"<h2 id=start>A first request</h2><p>{inline(how)}</p>{code(_curl(method, path, operation, schemas))}"


def _operation(method: str, path: str, operation: Operation, schemas: Schemas) -> str:
    head = (
        f"<span class='method {method}'>{method}</span><code>{escape(path)}</code> "
        f"<span class=dim>{escape(operation.get('summary', ''))}</span>"
    )
    content = "".join(_parts(method, path, operation, schemas))
    return folded(head, content, kind="entry", id_=anchor(method, path), is_open=True)


def _parts(method: str, path: str, operation: Operation, schemas: Schemas) -> Iterator[str]:
    yield paragraphs(operation.get("description", ""))
    if access := operation.get("x-mandegar-access"):
        yield f"<p class=dim>{inline(_access(access))}</p>"
    if parameters := operation.get("parameters"):
        rows = [_parameter(parameter) for parameter in parameters]
        yield title("Parameters", table(("name", "type", ""), rows))
    yield title("Body", "".join(_body(operation, schemas)))
    yield title("Answers", table(("status", "body", ""), _answers(operation)))
    yield title("As a command", code(_curl(method, path, operation, schemas)))
    examples = list(_examples(operation).items())
    if len(examples) > 1:
        shown = "".join(
            f"<p><code>{escape(name)}</code> {inline(example.get('summary', ''))}</p>{code(example['value'])}"
            for name, example in examples
        )
        yield folded(f"{len(examples)} examples", shown)


def _access(access: Mapping[str, Any]) -> str:
    if access["by"] != "token":
        return {"source_key": "Needs the key of a source", "link": "Needs the link of a message"}.get(
            access["by"], "Needs no token"
        )
    scopes = " or ".join(f"`{scope}`" for scope in access["scopes"])
    whom = {
        "one": "of one shop",
        "every": "of an operator (shop `*`)",
        "either": "of one shop, or of an operator (shop `*`)",
    }[access["shops"]]
    own = " or ".join(f"`{scope}`" for scope in access["customer_scopes"])
    also = f". A customer's own token (with `sub`) may use it for that customer, with {own}" if own else ""
    return f"Needs a token {whom} with the scope {scopes}{also}"


def _parameter(parameter: Mapping[str, Any]) -> tuple[str, str, str]:
    schema = {**parameter.get("schema", {}), "description": parameter.get("description", "")}
    if "anyOf" in schema:  # null is the parameter that is left out
        schema["anyOf"] = [option for option in schema["anyOf"] if option.get("type") != "null"]
    place = "" if parameter["in"] == "query" else f" <span class=dim>in the {escape(parameter['in'])}</span>"
    needed = " <span class=needed>required</span>" if parameter.get("required") and not place else ""
    return f"<code>{escape(parameter['name'])}</code>{place}{needed}", type_in_words(schema), notes(schema)


def _body(operation: Operation, schemas: Schemas) -> Iterator[str]:
    body = operation.get("requestBody", {})
    if description := body.get("description"):
        yield f"<p>{inline(description)}</p>"
    for media, content in body.get("content", {}).items():
        schema = content.get("schema", {})
        yield f"<p><code>{escape(media)}</code> {type_in_words(schema)}</p>"
        for option in schema.get("anyOf", ()):
            one = schemas.get(reference_of(option) or "", {})
            if "discriminator" in one:
                yield field_table(one)


def _answers(operation: Operation) -> Iterator[tuple[str, str, str]]:
    for status, answer in operation["responses"].items():
        shapes = [
            type_in_words(content["schema"]) for content in answer.get("content", {}).values() if content.get("schema")
        ]
        shape = "" if status >= "400" else " or ".join(dict.fromkeys(shapes))
        yield f"<code>{escape(status)}</code>", shape, _lines(answer.get("description", ""))


def _lines(text: str) -> str:
    """A description whose codes stand on a line each."""
    return "<br>".join(inline(part) for part in _NEXT_CODE.split(text))


def _curl(method: str, path: str, operation: Operation, schemas: Schemas) -> str:
    """The request as a command for a shell; what has to be filled in is written in capitals."""
    for parameter in operation.get("parameters", ()):
        if parameter["in"] == "path":
            name = parameter["name"]
            path = path.replace(f"{{{name}}}", _SAMPLES.get(name, name.upper()))
    needed = [
        f"{parameter['name']}={parameter['name'].upper()}"
        for parameter in operation.get("parameters", ())
        if parameter["in"] == "query" and parameter.get("required")
    ]
    verb = "" if method == "get" else f"-X {method.upper()} "
    query = f"?{'&'.join(needed)}" if needed else ""
    lines = [f"curl -s {verb}'{ADDRESS}{path}{query}'"]
    by = operation.get("x-mandegar-access", {}).get("by")
    if by in ("token", "source_key"):
        lines.append(f'  -H "Authorization: Bearer ${"TOKEN" if by == "token" else "KEY"}"')
    for media, content in list(operation.get("requestBody", {}).get("content", {}).items())[:1]:
        lines.append(f"  -H 'Content-Type: {media}'")
        if media.endswith("json"):
            value = next((one["value"] for one in _examples(operation).values()), None)
            value = sample(content.get("schema", {}), schemas) if value is None else value
            text = orjson.dumps(value, option=orjson.OPT_INDENT_2).decode().replace("'", "'\\''")
            lines.append(f"  -d '{text}'")
        else:
            lines.append("  --data-binary @FILE")
    return " \\\n".join(lines)


def _examples(operation: Operation) -> Mapping[str, Any]:
    content = operation.get("requestBody", {}).get("content", {})
    return next((one["examples"] for one in content.values() if one.get("examples")), {})


def _published(schemas: Schemas) -> str:
    rows = [
        (f"<code>{escape(type_)}</code>", schema_link(name), inline(schema.get("description", "")))
        for name, schema in schemas.items()
        for type_ in schema.get("x-mandegar-event-types", ())
    ]
    if not rows:
        return ""
    return f"<h2 id=published>Events that this service publishes</h2>{table(('type', 'data', ''), rows)}"


def _schemas(schemas: Schemas) -> str:
    shown = "".join(
        folded(
            f"<code>{escape(name.removeprefix('Published.'))}</code>",
            paragraphs(schema.get("description", "")) + field_table(schema),
            kind="entry",
            id_=anchor("schema", name),
            is_open=True,
        )
        for name, schema in schemas.items()
        if reference_of(schema) is None
    )
    return f"<h2 id=schemas>Schemas</h2>{shown}"
