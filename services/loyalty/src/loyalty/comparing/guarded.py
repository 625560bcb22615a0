"""The guards of a programme, looked at in what it came to."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from loyalty.comparing.rules import COLUMNS, EXPIRED, GIVEN, TAKEN, text_of
from loyalty.domain.guards import DAYS, findings
from loyalty.domain.programme import Programme
from mandegar.calendar import ShopDays

_PLACES = 6
_AFTER = 2 + len(COLUMNS)


def findings_of(result: Mapping[str, Any], programme: Programme, days: ShopDays, now: int) -> list[dict[str, Any]]:
    """What the guards of the other programme say: each with its limit, what was found, and whether that is too much.

    Of cost and revenue the last 90 days count, and points by the value that the programme states, whatever the
    comparison was asked for.
    """
    guards, value = programme.guards, programme.point_value
    if guards is None or value is None:
        return []
    since = days.day_of(now) - DAYS
    recent = [numbers for day, numbers in result["days"].items() if int(day) > since]
    points = [sum(numbers[_AFTER + column] for numbers in recent) for column in range(len(COLUMNS))]
    cost = (points[GIVEN] - points[TAKEN] - points[EXPIRED]) * value
    revenue = Decimal(sum(numbers[1] for numbers in recent)).scaleb(-9)
    outstanding = result["after"]["outstanding"]
    liability = (outstanding["available"] + outstanding["pending"] + outstanding["held"]) * value
    return [
        {
            "guard": finding.guard,
            "limit": text_of(finding.limit),
            "found": text_of(None if finding.found is None else round(finding.found, _PLACES)),
            "broken": finding.broken,
        }
        for finding in findings(guards, liability, cost, revenue)
    ]
