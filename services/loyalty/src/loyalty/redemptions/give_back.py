"""The command that gives confirmed points back, because what was paid with them was undone."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from uuid import UUID

from loyalty.domain.purse import Part, Purse
from loyalty.redemptions.events import changed_event
from loyalty.redemptions.finish import UNKNOWN_REDEMPTION
from loyalty.redemptions.rows import (
    RedemptionRow,
    load_redemptions,
    packed_returns,
    save_redemptions,
    unpack_parts,
    unpack_returns,
)
from loyalty.redemptions.rules import CONFIRMED, GIVEN_BACK, parts_to_return, record, state_at
from loyalty.redemptions.schemas import redemption_fields
from loyalty.till.command import Answer, Command, refusal
from mandegar.database import WorkerConnection
from mandegar.events import Event
from mandegar.quantities import from_us


@dataclass(kw_only=True)
class GiveBack(Command):
    """Give back ``points`` of a redemption, or all that are left of it: once for each ``reference``."""

    redemption: UUID
    points: int | None
    reference: str
    row: RedemptionRow | None = field(init=False, default=None)
    parts: list[Part] = field(init=False, default_factory=list)
    place: int | None = field(init=False, default=None)
    at: int = field(init=False, default=0)

    @classmethod
    async def load(cls, connection: WorkerConnection, commands: Sequence["GiveBack"]) -> None:
        """Commands about one redemption share its row."""
        rows = await load_redemptions(connection, {(each.named.shop, each.redemption) for each in commands})
        for command in commands:
            command.row, command.place = rows.get((command.named.shop, command.redemption)), None

    def decide(self, purse: Purse) -> Answer:
        row, now = self.row, from_us(purse.at)
        if row is None or row.customer_id != self.customer.customer_id:
            return UNKNOWN_REDEMPTION
        returns = unpack_returns(row.returns)
        before = returns.get(self.reference)
        if before is None:
            if (refused := self._refused(row, state_at(row.state, row.expires_at, now))) is not None:
                return refused
            points = row.points - row.returned if self.points is None else self.points
            self.parts = parts_to_return(unpack_parts(row.lots), row.returned, points)
            self.place, self.at = len(purse.facts), purse.at
            record(purse, row.redemption_id, GIVEN_BACK, self.parts, reference=self.reference)
            purse.give_back(self.parts)
            row.returned, row.returns = row.returned + points, packed_returns({**returns, self.reference: points})
        elif self.points not in {None, before}:
            return refusal(
                409,
                "already_returned",
                "Other points were given back under this reference",
                "Give each return a reference of its own",
                returned=before,
            )
        return Answer(200, {**redemption_fields(row, now), "available": purse.available})

    def _refused(self, row: RedemptionRow, state: str) -> Answer | None:
        if state != CONFIRMED:
            return refusal(
                409,
                "redemption_not_confirmed",
                f"The redemption is {state}",
                "Only points that were spent come back; cancel a reservation instead",
                state=state,
            )
        left = row.points - row.returned
        if left == 0 or (self.points is not None and self.points > left):
            return refusal(
                409,
                "more_than_spent",
                "The redemption did not take so many points",
                "Give back at most `returnable` points",
                returnable=left,
            )
        return None

    @classmethod
    async def save(cls, connection: WorkerConnection, commands: Sequence["GiveBack"]) -> Sequence[Event]:
        rows, events = {}, []
        for each in commands:
            if (row := each.row) is not None and each.place is not None:
                rows[row.shop, row.redemption_id] = row
                at = from_us(each.at)
                events.append(changed_event(row, GIVEN_BACK, at, each.place, each.parts, each.reference))
        await save_redemptions(connection, [*rows.values()])
        return events
