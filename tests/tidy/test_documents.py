"""Links and paths in the Markdown documents exist, so that a reader can follow each of them."""

import os
import re
from collections.abc import Iterator
from fnmatch import fnmatch
from functools import cache
from pathlib import Path
from typing import NamedTuple

from tidy.tree import ROOT, SERVICES, report

_LINK = re.compile(r"\]\((?!https?://|#|mailto:)([^)#\s]+)")
_QUOTED = re.compile(r"`([\w.*/-]+)`")
_FENCE = re.compile(r"^```.*?^```", re.MULTILINE | re.DOTALL)
_FILE = re.compile(r"\.(py|md|sql|sh|yml|yaml|toml|ini|lock|env|txt|sha256)$|(^|/)(Makefile|Dockerfile)$")
# Folders from which documents write paths, beside their own.
_PACKAGES = ("libs/shared/src", "libs/shared/src/mandegar", *(f"services/{service}/src" for service in SERVICES))
# Made by a run or by the reader, or named as what is not used.
_NOT_IN_THE_REPOSITORY = (".local/", ".env", "uv.lock", "pylock.toml")
_SKIPPED = {".venv", ".git", ".local", "__pycache__"}


class Mention(NamedTuple):
    """A path in a document."""

    document: Path
    path: str


def test_every_link_leads_to_a_file():
    broken = [
        f"{_name(mention.document)}: {mention.path}"
        for mention in _mentions(_LINK)
        if not (mention.document.parent / mention.path).exists()
    ]

    assert not broken, report("correct or remove the link", broken)


def test_every_path_in_backticks_exists():
    missing = [
        f"{_name(mention.document)}: {mention.path}"
        for mention in _mentions(_QUOTED)
        if _is_path(mention.path) and not _exists(mention)
    ]

    assert not missing, report("correct the path, or write it as it is in the repository", missing)


def _is_path(text: str) -> bool:
    """Whether a text in backticks is meant as a path: it names a file, or ends as folders are written here."""
    named = bool(_FILE.search(text)) or (text.endswith("/") and not text.startswith("/"))
    return named and not text.startswith(_NOT_IN_THE_REPOSITORY)


def _exists(mention: Mention) -> bool:
    """Whether the path exists from a folder where documents begin.

    The name of a file alone may be anywhere, the name of a folder alone anywhere below the document; below ``docs``
    anywhere as well.
    """
    document, path = mention.document, mention.path.rstrip("/")
    if "/" not in path:
        top = ROOT if document.is_relative_to(ROOT / "docs") else document.parent
        below = (folder for folder in _folders() if folder.is_relative_to(top))
        return any(fnmatch(found.name, path) for found in (*_files(), *below))
    starts = (ROOT, document.parent, *(ROOT / package for package in _PACKAGES), *document.parent.glob("src/*"))
    return any(any(start.glob(path)) for start in starts)


def _mentions(pattern: re.Pattern[str]) -> Iterator[Mention]:
    for document in _files():
        if document.suffix == ".md":
            text = _FENCE.sub("", document.read_text())
            yield from (Mention(document, found) for found in pattern.findall(text))


@cache
def _files() -> tuple[Path, ...]:
    found: list[Path] = []
    for folder, folders, names in os.walk(ROOT):
        folders[:] = [name for name in folders if name not in _SKIPPED]
        found += [Path(folder, name) for name in names]
    return tuple(found)


@cache
def _folders() -> frozenset[Path]:
    return frozenset(folder for path in _files() for folder in path.parents)


def _name(document: Path) -> str:
    return str(document.relative_to(ROOT))
