"""Texts of a shop in requests."""

from typing import Annotated

from pydantic import AfterValidator, Field

from mandegar.events.identity import is_nothing
from mandegar.events.written import is_written, plain_id

# What can be stored and shown anywhere: no control characters.
ShopText = Annotated[str, Field(min_length=1, max_length=200, pattern=r"^[^\x00-\x1f\x7f]+$")]


def _is_id(text: str) -> str:
    """As events have it: else no event would ever name it."""
    plain = plain_id(text)
    if not plain or not is_written(plain):
        raise ValueError("must have more than spaces, and no control character")
    if is_nothing(plain):
        raise ValueError("must be the id of one order: null, undefined and 0 stand where there is none")
    return text


OrderId = Annotated[ShopText, AfterValidator(_is_id)]
