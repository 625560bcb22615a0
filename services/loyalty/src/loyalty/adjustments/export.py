"""Adjustments as an export shows them."""

from collections.abc import Mapping
from typing import Any

from loyalty.domain.money import credit_text


def adjustment_row(row: Mapping[str, Any]) -> dict[str, Any]:
    """An adjustment; credit as decimal text."""
    return {**row, "credit": None if row["credit"] is None else credit_text(row["credit"])}


EXPORT = {"adjustments": adjustment_row}
