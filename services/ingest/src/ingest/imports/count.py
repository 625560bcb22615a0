"""What is counted of a part."""

from collections import Counter
from collections.abc import Mapping, Sequence
from decimal import Decimal

from ingest.domain.candidates import Arrival, Refusal
from ingest.domain.outcomes import Result
from ingest.imports.correcting import CORRECTED
from ingest.imports.part_rows import LineError
from ingest.imports.read_part import Record

# Notes of the hallway that say what of a row was left out.
_NOTED = frozenset({"data_ignored", "contact_ignored"})


class Counting:
    """Counts the rows of a part. A row counts as what its events came to."""

    def __init__(self) -> None:
        self._counts: Counter[str] = Counter()
        self._sums: dict[str, Decimal] = {}

    def refused(self, rows: int, amounts: Mapping[str, Decimal | int]) -> None:
        """Count a record of which nothing is accepted."""
        self._count("refused", rows, amounts)

    def taken(
        self, statuses: Mapping[str, int], rows: int, amounts: Mapping[str, Decimal | int], *, corrects: bool
    ) -> None:
        """Count a record by the statuses of its events, none of which is refused."""
        if not statuses:
            self._count("empty", rows, amounts)
        elif "suppressed" in statuses:
            self._count("suppressed", rows, amounts)
        else:
            self._count("accepted", rows, amounts)
            if statuses.keys() == {"duplicate"}:
                self._counts["known"] += rows
            if corrects:
                self._counts["corrected"] += rows
            for name, amount in amounts.items():
                self._add(f"{name}_accepted", amount)

    def errors(self, number: int) -> None:
        """Count errors and notes."""
        self._counts["errors"] += number

    def totals(self) -> dict[str, int | str]:
        """The counts, and the sums as text."""
        return dict(+self._counts) | {name: f"{amount:f}" for name, amount in self._sums.items() if amount}

    def _count(self, outcome: str, rows: int, amounts: Mapping[str, Decimal | int]) -> None:
        self._counts["rows"] += rows
        self._counts[outcome] += rows
        for name, amount in amounts.items():
            self._add(name, amount)

    def _add(self, name: str, amount: Decimal | int) -> None:
        self._sums[name] = self._sums.get(name, Decimal(0)) + amount


def counted(
    records: Sequence[Record], arrivals: Sequence[Arrival], results: Sequence[Result]
) -> tuple[Counting, list[LineError]]:
    """What is counted of a part, and its errors and notes by line."""
    counting = Counting()
    errors: list[LineError] = []
    refusals: dict[int, list[Result]] = {}
    outcomes: dict[int, list[Result]] = {}
    for arrival in arrivals:
        if isinstance(arrival, Refusal):
            refusals.setdefault(arrival.index, []).append(arrival.result())
    for result in results:
        kinds = refusals if result.status in ("quarantined", "rejected", "retry") else outcomes
        kinds.setdefault(result.index, []).append(result)
    for index, record in enumerate(records):
        stated = record.stated
        wrong = [LineError(record.line, *error, True) for error in stated.errors]
        wrong += [
            LineError(record.line, None, result.code or "refused", result.detail or "", True)
            for result in refusals.get(index, ())
        ]
        errors += wrong
        if wrong:
            counting.refused(record.rows, stated.amounts)
            continue
        of_record = outcomes.get(index, [])
        errors += [LineError(record.line, *note, False) for note in stated.notes]
        errors += [
            LineError(record.line, None, result.code, result.detail or "", False)
            for result in of_record
            if result.code in _NOTED
        ]
        statuses = Counter[str](result.status for result in of_record)
        corrects = any(result.status == "accepted" and result.code == CORRECTED for result in of_record)
        counting.taken(statuses, record.rows, stated.amounts, corrects=corrects)
    counting.errors(len(errors))
    return counting, errors
