"""The message about an event of an unknown type: the known types, similar ones first."""

import re
from difflib import get_close_matches
from functools import lru_cache
from types import MappingProxyType

from ingest.domain.forms import FORMS

# Longer texts are not compared: it takes time, and they mean no type.
_LENGTH_MAX = 40
_SEPARATORS = re.compile(r"[^a-z]+")
# Words of other platforms, and a misspelling that is as close to placed as to paid.
_WORDS = MappingProxyType(
    {
        "canceled": "cancelled",
        "completed": "paid",
        "created": "placed",
        "payed": "paid",
        "refund.placed": "refund.issued",
    }
)


@lru_cache(maxsize=1_000)
def types_like(type_: str) -> list[str]:
    """The known types that were probably meant, at most two."""
    written = _SEPARATORS.sub(".", type_.lower()) if len(type_) <= _LENGTH_MAX else ""
    for word, ours in _WORDS.items():
        written = written.replace(word, ours)
    return get_close_matches(written, FORMS, n=2)


@lru_cache(maxsize=1_000)
def unknown_type(type_: str) -> str:
    """A sentence that does not repeat the text, which could be anything."""
    close = types_like(type_)
    others = ", ".join(name for name in FORMS if name not in close)
    if not close:
        return f"this type of event is not known; known types: {others}"
    return f"this type of event is not known; did you mean {' or '.join(close)}? Other known types: {others}"
