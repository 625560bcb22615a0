"""The months of a replay as CSV, one line each."""

import csv
from io import StringIO
from typing import Any, Final

_POINTS: Final = ("given", "taken", "expired", "spent", "kept")
COLUMNS: Final = ("month", "orders", "revenue", *(f"{side}_{name}" for side in ("before", "after") for name in _POINTS))


def months_as_csv(result: dict[str, Any]) -> str:
    """A header, and a line per month."""
    text = StringIO()
    writer = csv.writer(text)
    writer.writerow(COLUMNS)
    for month in result["months"]:
        points = [month[side][name] for side in ("before", "after") for name in _POINTS]
        writer.writerow([month["month"], month["orders"], month["revenue"], *points])
    return text.getvalue()
