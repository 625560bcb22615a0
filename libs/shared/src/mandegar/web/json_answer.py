"""Answers as JSON without models: the fields of an answer are written once, and its model only describes them."""

from collections.abc import Mapping
from typing import Any

import orjson
from fastapi import Response


def json_answer(fields: Mapping[str, Any]) -> Response:
    """The answer with ``fields``; times are in UTC, with a Z."""
    return Response(as_bytes(fields), media_type="application/json")


def as_bytes(fields: Mapping[str, Any]) -> bytes:
    """The JSON of ``fields``."""
    return orjson.dumps(fields, option=orjson.OPT_UTC_Z)
