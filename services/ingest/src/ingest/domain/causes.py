"""The place in an event's body that a refusal is about."""

import re

from ingest.domain.documents import EACH, Path

# Details begin with the path of the field that is wrong, where there is one, and never repeat its value.
_FIELD = re.compile(r"(?:data|customer|time|id|type|source|specversion|datacontenttype)\b(?:\.\w+|\[[^\]]*\])*")
_PART = re.compile(r"\w+|\[[^\]]*\]")
_OF_CODE = {"id_conflict": "id", "unknown_type": "type"}


def place_of(code: str, detail: str) -> Path | None:
    """The path, in which ``*`` stands for every element of a list; None if the event as a whole is meant."""
    found = _FIELD.match(detail)
    text = found.group() if found else _OF_CODE.get(code)
    if text is None:
        return None
    return tuple(EACH if part.startswith("[") else part for part in _PART.findall(text))
