"""Redemptions as an export shows them."""

from collections.abc import Mapping
from typing import Any

from loyalty.domain.money import credit_text
from loyalty.domain.units import is_credit, without_unit
from loyalty.redemptions.rows import unpack_parts, unpack_returns
from mandegar.quantities import from_us


def redemption_row(row: Mapping[str, Any]) -> dict[str, Any]:
    """A redemption, with the lots whose points it took, and texts as the shop wrote them."""
    lots = [
        {
            "lot_id": part.lot_id,
            "points": part.points if not is_credit(part.order_id) else 0,
            "credit": credit_text(part.points) if is_credit(part.order_id) else None,
            "expires_at": None if part.expires_at is None else from_us(part.expires_at),
        }
        for part in unpack_parts(row["lots"])
    ]
    returns = unpack_returns(row["returns"])
    told = {name: value for name, value in row.items() if not name.endswith("_written")}
    written = {name: row[f"{name}_written"] for name in ("order_id", "reference") if row.get(f"{name}_written")}
    return {
        **told,
        **written,
        "lots": lots,
        "credit": None if row["credit"] is None else credit_text(row["credit"]),
        "returns": {key: number for key, number in returns.items() if not is_credit(key)},
        "credit_returns": {without_unit(key): credit_text(number) for key, number in returns.items() if is_credit(key)},
    }


EXPORT = {"redemptions": redemption_row}
