"""What a reconciliation comes to, as a table and as a file."""

import csv
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from mandegar_local.stack_error import StackError
from mandegar_local.text_table import text_table

KINDS = ("missing", "differs", "extra", "invalid")
_NAMES = {
    "matched": "matched", "missing": "missing here", "differs": "differs", "extra": "not in the file",
    "accepted": "accepted", "repeated": "repeated lines", "invalid": "unreadable lines",
}  # fmt: skip
_COLUMNS = (
    *("kind", "line", "order_id", "customer_id", "cause", "why", "lacks"),
    *(f"file.{name}" for name in ("total", "refunded", "currency", "status", "time", "version")),
    *(f"ours.{name}" for name in ("total", "refunded", "net", "time")),
)
_NUMBERS = ("number", "sum in file", "sum here")
# A cell that begins so is a formula to a spreadsheet.
_FORMULA = ("=", "+", "@", "\t")


def differences(counts: Mapping[str, Any]) -> int:
    """How many orders are not the same on both sides, and lines that cannot be read."""
    return sum(counts["orders"][kind] for kind in KINDS)


def report_lines(counts: Mapping[str, Any]) -> list[str]:
    """Counts, sums, causes with an example each, and what is wrong with the file as a whole."""
    nothing = {"file": "", "ours": ""}
    rows = []
    for kind, name in _NAMES.items():
        sums = counts["sums"].get(kind, nothing)
        if counts["orders"][kind] or kind in ("matched", "missing", "differs", "extra"):
            rows.append((name, f"{counts['orders'][kind]:,}", sums["file"], sums["ours"]))
    lines = text_table(
        ("orders", "number", "sum in file", "sum here"), rows, right=("number", "sum in file", "sum here")
    )
    others = [each for each in counts["currencies"] if each["currency"] is not None]
    lines += [f"In {each['currency']}: {each['orders']:,} orders, {each['file']}" for each in others]
    causes = [
        (_NAMES[each["kind"]], f"{each['orders']:,}", _example(each), each["why"] or each["cause"])
        for each in counts["causes"]
    ]
    if causes:
        lines += ["", *text_table(("orders", "number", "example", "why it may be"), causes, right=("number",))]
    if counts["lacking"]:
        lacking = ", ".join(f"{orders:,} lack {what}" for what, orders in counts["lacking"].items())
        lines += ["", f"Of the missing {counts['acceptable']:,} can be accepted; {lacking}."]
    lines += [f"Attention: {each['detail']}" for each in counts["warnings"]]
    return lines


def _example(cause: Mapping[str, Any]) -> str:
    return str(cause["order_id"]) if cause["line"] is None else f"line {cause['line']:,}"


def write_findings(path: Path, findings: Iterable[Mapping[str, Any]]) -> None:
    """Write findings as CSV. Raises StackError if the file cannot be written."""
    try:
        with path.open("w", newline="", encoding="utf-8-sig") as file:
            writer = csv.writer(file)
            writer.writerow(_COLUMNS)
            for finding in findings:
                writer.writerow([_cell(finding, name) for name in _COLUMNS])
    except OSError as error:
        raise StackError(f"{path} cannot be written ({error.strerror}).") from error


def _cell(finding: Mapping[str, Any], name: str) -> str:
    part, _, field = name.rpartition(".")
    holder = finding if not part else finding[part] or {}
    value = holder.get(field)
    text = "" if value is None else str(value)
    return f"'{text}" if text.startswith(_FORMULA) else text
