"""What `mandegar import` prints at its end: the file against what was accepted, and errors by line."""

from collections.abc import Sequence
from decimal import Decimal
from typing import Any

SHOWN_ERRORS = 20
_AMOUNTS = (("total", "orders, sum of totals"), ("refunded", "refunds"), ("points", "points"))


def report_lines(import_: dict[str, Any]) -> list[str]:
    """The totals of an import."""
    totals, verb = import_["totals"], "would be accepted" if import_["dry_run"] else "accepted"
    lines = [f"rows: {totals['rows']:,} in the file, {totals['accepted']:,} {verb}"]
    if totals["known"]:
        lines.append(f"  of these {totals['known']:,} had been accepted before")
    if totals["corrected"]:
        lines.append(f"  of these {totals['corrected']:,} correct what was imported before")
    if totals["refused"]:
        lines.append(f"  {totals['refused']:,} refused, each named below by its line")
    if totals["suppressed"]:
        lines.append(f"  {totals['suppressed']:,} of customers who were erased: not stored")
    if totals["empty"]:
        lines.append(f"  {totals['empty']:,} state nothing")
    for name, title in _AMOUNTS:
        in_file, accepted = Decimal(totals[name]), Decimal(totals[f"{name}_accepted"])
        if in_file or accepted:
            missing = in_file - accepted
            lines.append(
                f"{title}: {in_file:,} in the file, {accepted:,} {verb}"
                + (f"; {missing:,} less" if missing else ", nothing is missing")
            )
    return lines


def error_lines(errors: Sequence[dict[str, Any]]) -> list[str]:
    """Errors by line, one each."""
    return [_error_line(error) for error in errors[:SHOWN_ERRORS]]


def _error_line(error: dict[str, Any]) -> str:
    column = f", column {error['column']}" if error["column"] else ""
    left_out = "" if error["refused"] else "; the row was accepted without it"
    return f"  line {error['line']:,}{column}: {error['detail']} ({error['code']}{left_out})"
