"""Rows of histories as an export shows them: entries with their fields."""

from collections.abc import Mapping
from typing import Any, Final

from churn.domain.timeline.entry import KIND_NAMES, WAITING
from churn.domain.timeline.shown import answered, fields_of


def entry_row(row: Mapping[str, Any]) -> dict[str, Any]:
    """An entry with its fields; one that is not shown, with what is stored of it."""
    columns = {name: value for name, value in row.items() if name != "data"}
    if row["kind"] <= WAITING:
        return {**columns, "kind": None, "fields": row["data"]}
    fields = answered(row["type"], fields_of(row["type"], row["data"]), own=False)
    return {**columns, "kind": KIND_NAMES[row["kind"]], "fields": fields}


EXPORT: Final = {"timeline": entry_row}
