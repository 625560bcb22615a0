"""Pieces of the page: escaped texts, anchors, tables, folded parts."""

import re
from collections.abc import Iterable, Sequence
from html import escape
from typing import Any

import orjson

_CODE = re.compile(r"`([^`]+)`")


def inline(text: str) -> str:
    """A text as HTML; what stands in backticks is code."""
    return _CODE.sub(r"<code>\1</code>", escape(text))


def paragraphs(text: str) -> str:
    return "".join(f"<p>{inline(' '.join(part.split()))}</p>" for part in text.split("\n\n") if part.strip())


def anchor(*parts: str) -> str:
    """The id of an element that is named by texts of the document."""
    return re.sub(r"[^A-Za-z0-9_.]+", "-", "-".join(parts)).strip("-")


def table(heads: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """A table of cells that are HTML."""
    lines = "".join(f"<tr>{''.join(f'<td>{cell}' for cell in row)}" for row in rows)
    return f"<div class=wide><table><tr>{''.join(f'<th>{head}' for head in heads)}{lines}</table></div>"


def folded(head: str, content: str, *, kind: str = "more", id_: str = "", is_open: bool = False) -> str:
    """A part that can be folded. Browsers find text and anchors in folded parts, too."""
    name = f" id='{id_}'" if id_ else ""
    return f"<details class={kind}{name}{' open' * is_open}><summary>{head}</summary><div>{content}</div></details>"


def code(value: object) -> str:
    """A value as JSON, or a text as it is."""
    text = value if isinstance(value, str) else orjson.dumps(value, option=orjson.OPT_INDENT_2).decode()
    return f"<pre>{escape(text)}</pre>"


def title(heading: str, content: str) -> str:
    return f"<h4>{heading}</h4>{content}" if content else ""


def reference_of(schema: dict[str, Any]) -> str | None:
    """The name of the schema that another one refers to."""
    reference = schema.get("$ref")
    return None if reference is None else str(reference).rpartition("/")[2]
