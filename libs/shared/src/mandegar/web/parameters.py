"""The query parameters that a route declares. Others are refused: a mistyped filter would answer with everything."""

import re
from collections.abc import Iterator
from difflib import get_close_matches

from fastapi import Request
from fastapi.dependencies.models import Dependant

from mandegar.web.problems import Problem

# What may be repeated in an answer; other names could be anything, and of any length.
_NAME = re.compile(r"[\w.\[\]-]{1,40}")


def declared_parameters(dependant: Dependant) -> list[str]:
    """The names of a route's query parameters and of those of its dependencies, sorted."""
    return sorted(set(_names(dependant)))


def require_declared(request: Request, declared: list[str]) -> None:
    """Raise a 422 problem that names the query parameters of a request which are not ``declared``."""
    unknown = [name for name in dict.fromkeys(request.query_params) if name not in declared]
    if not unknown:
        return
    named = [name for name in unknown if _NAME.fullmatch(name)]
    close = list(dict.fromkeys(match for name in named for match in get_close_matches(name.lower(), declared, n=1)))
    remedy = [f"Did you mean {' and '.join(close)}?"] if close else []
    remedy.append(f"This route takes {', '.join(declared)}" if declared else "This route takes no query parameters")
    raise Problem(
        422,
        "unknown_parameter",
        f"Unknown query parameter: {', '.join(named[:5])}" if named else "Unknown query parameter",
        " ".join(remedy),
        parameters=[*close, *(name for name in declared if name not in close)],
    )


def _names(dependant: Dependant) -> Iterator[str]:
    for field in dependant.query_params:
        yield field.alias
    for dependency in dependant.dependencies:
        yield from _names(dependency)
