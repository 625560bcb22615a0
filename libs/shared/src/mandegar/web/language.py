"""The language of an answer's texts: Persian or English."""

from decimal import Decimal
from typing import Annotated, Literal

from fastapi import Header, Query
from starlette.types import Scope

from mandegar.quantities import decimal_of

Language = Literal["fa", "en"]
Lang = Annotated[
    Language | None, Query(description="Language of the texts; defaults to Accept-Language, then to English")
]
AcceptLanguage = Annotated[str, Header(description="The languages that the reader prefers, as browsers send them")]
# A header as long as this names no further language that anybody reads.
_LONGEST = 1_000
_BEST = Decimal(1)


def accepted_language(scope: Scope) -> str:
    """The ``Accept-Language`` of a request, empty if there is none."""
    named = (value for name, value in scope["headers"] if name == b"accept-language")
    accepted: bytes = next(named, b"")
    return accepted.decode("latin-1")


def language_of(lang: str | None, accepted: str, locale: str = "en") -> Language:
    """``lang`` if it is given, else the language of ``Accept-Language`` that is liked best, else that of ``locale``.

    Only the first two letters of a language count; what is neither Persian nor English is passed over.
    """
    for text in (lang or "", *_by_liking(accepted), locale):
        match text[:2].lower():
            case "fa":
                return "fa"
            case "en":
                return "en"
    return "en"


def _by_liking(accepted: str) -> list[str]:
    """The languages of an ``Accept-Language``, the most liked first; those of quality 0 are refused."""
    parts = (part.partition(";") for part in accepted[:_LONGEST].split(","))
    liked = [(_quality(parameters), name.strip()) for name, _, parameters in parts]
    return [name for quality, name in sorted(liked, key=lambda one: -one[0]) if quality > 0]


def _quality(parameters: str) -> Decimal:
    """The quality of a language, 1 where none is stated or it is no number from 0 to 1."""
    name, _, value = parameters.strip().partition("=")
    if name.strip().lower() != "q":
        return _BEST
    try:
        quality = decimal_of(value.strip())
    except ValueError:
        return _BEST
    return quality if 0 <= quality <= _BEST else _BEST
