"""Rows of treatments as an export shows them."""

from collections.abc import Mapping
from typing import Any, Final


def treatment_row(row: Mapping[str, Any]) -> dict[str, Any]:
    """A message, and whether it treated the customer."""
    return {name: row[name] for name in ("message_id", "kind", "at")}


EXPORT: Final = {"treatments": treatment_row}
