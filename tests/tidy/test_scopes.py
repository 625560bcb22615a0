"""A scope that a document or a text of the API names is one that a token can have."""

import re

from mandegar.tokens import SCOPES
from tidy.tree import ROOT, report

_SCOPE = re.compile(r"(?<![\w/:.-])([a-z]+:(?:read|write|raw|merge|erase|export|spend|adjust|delete|admin))(?![\w:])")
_TEXTS = ("*.md", "docs/*.md", "docs/decisions/*.md", "services/*/README.md", "libs/*/README.md", "deploy/*/README.md")
_SOURCES = ("libs/*/src/**/*.py", "services/*/src/**/*.py", "deploy/local/src/**/*.py")


def test_every_scope_that_is_named_exists():
    paths = [path for pattern in (*_TEXTS, *_SOURCES) for path in ROOT.glob(pattern)]
    named = {(str(path.relative_to(ROOT)), scope) for path in paths for scope in _SCOPE.findall(path.read_text())}

    assert {scope for _, scope in named} >= set(SCOPES) - {"ops"}
    unknown = [f"{path}: {scope}" for path, scope in sorted(named) if scope not in SCOPES]
    assert not unknown, report("name a scope of mandegar.tokens.SCOPES", unknown)
