"""Words by which rules name things of the shop: products, categories, channels, branches."""

from collections.abc import Callable
from typing import Annotated, TypeAlias

from pydantic import AfterValidator, Field, ValidationInfo

from mandegar.events.identity import is_opaque
from mandegar.events.written import trimmed

# Gives the form in which a word of the shop is published: itself if it looks like an id, else its hash.
Published: TypeAlias = Callable[[str], str]


def as_written(word: str) -> str:
    """The word itself: of no shop, whose key would be needed."""
    return word


def _published(word: str, info: ValidationInfo) -> str:
    published: Published = (info.context or {}).get("published", as_written)
    return published(trimmed(word))


def _is_id(name: str) -> str:
    if not is_opaque(name):
        raise ValueError("must have 1 to 40 letters of ASCII, digits, - and _, and no nine digits in a row")
    return name


Word: TypeAlias = Annotated[str, Field(min_length=1, max_length=200), AfterValidator(_published)]
Words: TypeAlias = Annotated[list[Word], Field(min_length=1, max_length=200)]
RuleName: TypeAlias = Annotated[str, Field(min_length=1, max_length=40), AfterValidator(_is_id)]
