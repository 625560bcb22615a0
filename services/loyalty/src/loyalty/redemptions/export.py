"""Redemptions as an export shows them."""

from collections.abc import Mapping
from typing import Any

from loyalty.redemptions.rows import unpack_parts, unpack_returns
from mandegar.quantities import from_us


def redemption_row(row: Mapping[str, Any]) -> dict[str, Any]:
    """A redemption, with the lots whose points it took."""
    lots = [
        {
            "lot_id": part.lot_id,
            "points": part.points,
            "expires_at": None if part.expires_at is None else from_us(part.expires_at),
        }
        for part in unpack_parts(row["lots"])
    ]
    return {**row, "lots": lots, "returns": unpack_returns(row["returns"])}


EXPORT = {"redemptions": redemption_row}
