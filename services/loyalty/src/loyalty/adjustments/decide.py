"""The command by which a second person applies an adjustment that waits, or refuses it."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from uuid import UUID

from loyalty.account.credit_answers import left_in
from loyalty.adjustments.apply import Applied, apply_to
from loyalty.adjustments.events import adjusted_event
from loyalty.adjustments.rows import AdjustmentRow, load_adjustments, save_adjustments
from loyalty.adjustments.rules import APPLIED, WAITING, Person, may_be
from loyalty.adjustments.schemas import adjustment_fields
from loyalty.domain.purse import Purse
from loyalty.till.command import Answer, Command, refusal
from mandegar.calendar import shop_days
from mandegar.database import WorkerConnection
from mandegar.events import Event
from mandegar.quantities import from_us
from mandegar.shops import load_shops

UNKNOWN_ADJUSTMENT = refusal(
    404,
    "unknown_adjustment",
    "No such adjustment",
    "The shop has no adjustment with this id, or its customer was erased",
)
OWN_ADJUSTMENT = refusal(
    409,
    "own_adjustment",
    "A second person decides about an adjustment",
    "The token has the key of the author's and names nobody else in `sub`: let another person decide, with a token of "
    "their own",
)


ADJUSTMENT_OVER = refusal(
    409,
    "adjustment_over",
    "The last day of what would be given is over",
    "Refuse the adjustment, and ask for another one with a later end",
)


@dataclass(kw_only=True)
class Decide(Command):
    """Apply or refuse an adjustment that waits: ``change`` is the state in which it is to end."""

    adjustment: UUID
    change: str
    by: Person
    row: AdjustmentRow | None = field(init=False, default=None)
    applied: Applied | None = field(init=False, default=None)
    zone: str = field(init=False, default="UTC")

    @classmethod
    async def load(cls, connection: WorkerConnection, commands: Sequence["Decide"]) -> None:
        """Commands about one adjustment share its row, which the first of them changes."""
        rows = await load_adjustments(connection, {(each.named.shop, each.adjustment) for each in commands})
        settings = await load_shops(connection, {each.named.shop for each in commands})
        for command in commands:
            shop = command.named.shop
            command.row, command.applied, command.zone = rows.get((shop, command.adjustment)), None, settings[shop].zone

    @property
    def points_wanted(self) -> int:
        return 0 if self.row is None else max(-self.row.points, 0)

    def decide(self, purse: Purse) -> Answer:
        row = self.row
        if row is None or row.customer_id != self.customer.customer_id:
            return UNKNOWN_ADJUSTMENT
        if may_be(self.by, row.author_key, row.author):
            return OWN_ADJUSTMENT
        if row.state != WAITING:
            if row.state == self.change and row.decided_key == self.by.key_id and row.decided_by in self.by[1:]:
                return Answer(200, {**adjustment_fields(row), **left_in(purse)})
            return refusal(
                409,
                "adjustment_decided",
                f"The adjustment is {row.state} already",
                "Nobody decides about an adjustment twice: ask for another one",
                state=row.state,
            )
        applied: Applied | Answer = Applied(0, [], 0)
        if self.change == APPLIED:
            if row.last_day is not None and row.last_day.toordinal() < shop_days(self.zone).day_of(purse.at):
                return ADJUSTMENT_OVER
            applied = apply_to(purse, row)
        if isinstance(applied, Answer):
            return applied
        row.state, row.decided_at = self.change, from_us(purse.at)
        row.decided_key, row.decided_by = self.by.key_id, self.by.subject
        self.applied = applied
        purse.decided.add(row.adjustment_id)
        return Answer(200, {**adjustment_fields(row), **left_in(purse)})

    @classmethod
    async def save(cls, connection: WorkerConnection, commands: Sequence["Decide"]) -> Sequence[Event]:
        rows, events = [], []
        for each in commands:
            if each.row is not None and each.applied is not None:
                place, taken, owed = each.applied
                at = each.row.decided_at or each.row.asked_at
                rows.append(each.row)
                events.append(adjusted_event(each.row, at, each.by, place=place, taken=taken, owed=owed))
        await save_adjustments(connection, rows)
        return events
