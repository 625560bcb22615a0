"""The event that tells of an adjustment, with all that a rebuild needs but the note, which is free text."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, cast

from loyalty.adjustments.rows import AdjustmentRow
from loyalty.adjustments.rules import Person, Taken, change_id
from loyalty.domain.ids import NAME
from loyalty.domain.money import credit_amount
from mandegar.events import CustomerKey, Event
from mandegar.events.derived import Origin, derived_event
from mandegar.events.loyalty import AdjustmentState, PointsAdjusted, TakenCredit, TakenPoints


def adjusted_event(
    row: AdjustmentRow, at: datetime, by: Person, *, place: int = 0, taken: Sequence[Taken] = (), owed: int = 0
) -> Event:
    """``points.adjusted``, of an adjustment that is as ``row`` says since ``at``."""
    in_unit: dict[str, Any] = {
        "lots": tuple([TakenPoints(earned_by=each.order_id, points=each.points) for each in taken]),
        "owed": owed,
    }
    if row.credit is not None:
        in_unit = {
            "credit": credit_amount(row.credit),
            "credit_lots": tuple(
                [TakenCredit(earned_by=each.order_id, amount=credit_amount(each.points)) for each in taken]
            ),
            "credit_owed": credit_amount(owed),
        }
    data = PointsAdjusted(
        adjustment_id=row.adjustment_id,
        state=cast("AdjustmentState", row.state),
        points=row.points,
        reason=row.reason,
        at=at,
        asked_at=row.asked_at,
        last_day=row.last_day,
        allow_debt=row.allow_debt,
        **in_unit,
        place=place,
        key_id=by.key_id,
        subject=by.word,
    )
    return derived_event(
        NAME,
        "points.adjusted",
        data,
        about=CustomerKey(row.shop, row.customer_id),
        cause=Origin(),
        now=at,
        id_from=change_id(row.adjustment_id, row.state),
    )
