"""The query parameters that a route declares. Others are refused: a mistyped filter would answer with everything, and
one that is stated twice with half of what was asked for."""

import re
from collections import Counter
from collections.abc import Iterator, Mapping
from difflib import get_close_matches

from fastapi import Request
from fastapi._compat import field_annotation_is_sequence
from fastapi.dependencies.models import Dependant

from mandegar.web.problems import Problem

# What may be repeated in an answer; other names could be anything, and of any length.
_NAME = re.compile(r"[\w.\[\]-]{1,40}")


def declared_parameters(dependant: Dependant) -> dict[str, bool]:
    """The query parameters of a route and of its dependencies, sorted; whether each may be repeated."""
    return dict(sorted(_declared(dependant)))


def require_declared(request: Request, declared: Mapping[str, bool]) -> None:
    """Raise a 422 problem that names the query parameters of a request which are not ``declared``, or are repeated."""
    unknown = [name for name in dict.fromkeys(request.query_params) if name not in declared]
    if not unknown:
        stated = Counter(name for name, _ in request.query_params.multi_items())
        if repeated := [name for name, number in stated.items() if number > 1 and not declared[name]]:
            raise Problem(
                422,
                "repeated_parameter",
                f"Repeated query parameter: {', '.join(repeated)}",
                "This route takes one value of it: ask once for each value",
                parameters=repeated,
            )
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


def _declared(dependant: Dependant) -> Iterator[tuple[str, bool]]:
    for field in dependant.query_params:
        yield field.alias, field_annotation_is_sequence(field.field_info.annotation)
    for dependency in dependant.dependencies:
        yield from _declared(dependency)
