"""Whether two JSON texts under one event id have the same content."""

import json
from typing import Any


def same_document(first: bytes, second: bytes) -> bool:
    """Whether the texts are equal apart from white space and the order of members."""
    if first == second:
        return True
    try:
        return bool(_read(first) == _read(second))
    except (ValueError, RecursionError):
        return False


def _read(body: bytes) -> Any:
    return json.loads(body, parse_float=str)
