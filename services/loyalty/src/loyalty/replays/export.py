"""Rows of replays as an export shows them."""

from collections.abc import Mapping
from typing import Any


def customer_row(row: Mapping[str, Any]) -> dict[str, Any]:
    """What the customer had under two programmes that were compared."""
    return {"replay_id": row["replay_id"], "points_before": row["before"], "points_after": row["after"]}


EXPORT = {"replays": customer_row}
