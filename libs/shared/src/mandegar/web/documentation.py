"""``/docs``: the OpenAPI document as a page of its own, without scripts and without anything of another origin."""

from collections.abc import Iterator, Mapping
from html import escape
from typing import Any

import orjson
from fastapi import FastAPI, Request
from starlette.responses import HTMLResponse

_STYLE = """
:root { color-scheme: light dark; --line: #8884; --dim: #777; --code: #8882; }
body { font: 16px/1.5 system-ui, sans-serif; max-width: 60rem; margin: 2rem auto; padding: 0 1rem; }
h1 { font-size: 1.6rem; } h2 { margin-top: 2.5rem; text-transform: capitalize; }
details { border: 1px solid var(--line); border-radius: .4rem; margin: .4rem 0; }
summary { cursor: pointer; padding: .5rem .8rem; } summary code { font-weight: 600; }
section { padding: 0 .8rem .8rem; border-top: 1px solid var(--line); }
table { border-collapse: collapse; width: 100%; }
td, th { text-align: left; vertical-align: top; padding: .2rem .8rem .2rem 0; }
pre, code { font: .9rem ui-monospace, monospace; } pre { background: var(--code); padding: .6rem; overflow: auto; }
.dim { color: var(--dim); }
"""
_HEADERS = {"Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'"}
_METHODS = ("get", "post", "put", "patch", "delete")


def add_documentation(app: FastAPI) -> None:
    """Serve the page."""

    @app.get("/docs", include_in_schema=False)
    async def docs(_: Request) -> HTMLResponse:
        return HTMLResponse(page(app.openapi()), headers=_HEADERS)


def page(document: Mapping[str, Any]) -> str:
    """The page of an OpenAPI document."""
    title = escape(document["info"]["title"])
    by_tag: dict[str, list[str]] = {}
    for path, item in document["paths"].items():
        for method in _METHODS:
            if method in item:
                tag = (item[method].get("tags") or ["other"])[0]
                by_tag.setdefault(tag, []).append(_operation(method.upper(), path, item[method]))
    groups = "".join(f"<h2>{escape(tag)}</h2>{''.join(entries)}" for tag, entries in by_tag.items())
    schemas = document.get("components", {}).get("schemas", {})
    shapes = "".join(
        _folded(f"<code id='{escape(name)}'>{escape(name)}</code>", _json(one)) for name, one in schemas.items()
    )
    return (
        f"<!doctype html><html lang=en><meta charset=utf-8><title>{title}</title><style>{_STYLE}</style>"
        f"<h1>{title}</h1><p>The same for programs: <a href=openapi.json>openapi.json</a></p>{groups}"
        f"<h2>Schemas</h2>{shapes}</html>"
    )


def _operation(method: str, path: str, operation: Mapping[str, Any]) -> str:
    head = f"<code>{method} {escape(path)}</code> <span class=dim>{escape(operation.get('summary', ''))}</span>"
    return _folded(head, "".join(_parts(operation)))


def _parts(operation: Mapping[str, Any]) -> Iterator[str]:
    for paragraph in operation.get("description", "").split("\n\n"):
        yield f"<p>{escape(paragraph)}</p>"
    if access := operation.get("x-mandegar-access"):
        yield f"<p class=dim>Access: {escape(_access(access))}</p>"
    if parameters := operation.get("parameters"):
        yield _table("Parameter", [(one["name"], one["in"], one.get("description", "")) for one in parameters])
    for media, content in operation.get("requestBody", {}).get("content", {}).items():
        yield f"<p>Body: <code>{escape(media)}</code></p>{_json(content.get('schema', {}))}"
    answers = operation["responses"].items()
    yield _table("Answer", [(status, _shape(one), one.get("description", "")) for status, one in answers])


def _access(access: Mapping[str, Any]) -> str:
    if access["by"] != "token":
        return str(access["by"]).replace("_", " ")
    own = f"; a customer's own token: {' or '.join(access['customer_scopes'])}" if access["customer_scopes"] else ""
    return f"a token with {' or '.join(access['scopes'])}{own}"


def _shape(answer: Mapping[str, Any]) -> str:
    """The name of the schema of an answer, if it has one."""
    for content in answer.get("content", {}).values():
        return str(content.get("schema", {}).get("$ref", "")).rpartition("/")[2]
    return ""


def _table(title: str, rows: list[tuple[str, str, str]]) -> str:
    cells = "".join(
        f"<tr><td><code>{escape(first)}</code><td class=dim>{escape(second)}<td>{escape(third)}"
        for first, second, third in rows
    )
    return f"<table><tr><th>{title}<th><th>{cells}</table>"


def _folded(head: str, content: str) -> str:
    return f"<details><summary>{head}</summary><section>{content}</section></details>"


def _json(value: object) -> str:
    return f"<pre>{escape(orjson.dumps(value, option=orjson.OPT_INDENT_2).decode())}</pre>"
