"""Examples in manuals: fenced blocks whose first line names their language and kind, such as ``yaml programme``."""

import re
from pathlib import Path
from typing import NamedTuple

DOCS = Path(__file__).parents[2] / "docs"
_FENCED = re.compile(r"^```(\w+) (\w+)\n(.*?)^```$", re.MULTILINE | re.DOTALL)


class Block(NamedTuple):
    """An example of a manual, and the line on which it begins."""

    line: int
    language: str
    kind: str
    text: str


def examples_in(manual: str) -> list[Block]:
    """All examples of a manual that are of some kind."""
    text = (DOCS / manual).read_text()
    return [Block(text.count("\n", 0, found.start()) + 1, *found.groups()) for found in _FENCED.finditer(text)]


def examples_of(manual: str, kind: str) -> list[Block]:
    """The examples of one kind."""
    return [block for block in examples_in(manual) if block.kind == kind]
