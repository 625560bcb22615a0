"""A field of a form in words."""

from typing import Any, NamedTuple


class Field(NamedTuple):
    """A field in words, and what its JSON schema says beside its type."""

    text: str
    more: dict[str, Any] = {}  # noqa: RUF012  never changed


CURRENCY = Field(
    "Currency of the amounts: that of the shop, or the unit of the source. Required unless the source has a unit",
    {"examples": ["IRR"]},
)
