"""The command that gives confirmed points back, because what was paid with them was undone."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from uuid import UUID

from loyalty.account.credit_answers import left_in
from loyalty.domain.money import credit_text
from loyalty.domain.purse import Part, Purse
from loyalty.domain.units import key_of_credit
from loyalty.redemptions.events import changed_event
from loyalty.redemptions.finish import UNKNOWN_REDEMPTION
from loyalty.redemptions.rows import (
    RedemptionRow,
    load_redemptions,
    of_credit,
    of_points,
    packed_returns,
    save_redemptions,
    unpack_parts,
    unpack_returns,
)
from loyalty.redemptions.rules import CONFIRMED, GIVEN_BACK, parts_to_return, record, state_at
from loyalty.redemptions.schemas import redemption_fields
from loyalty.till.coins import refused_fraction
from loyalty.till.command import Answer, Command, refusal
from mandegar.database import WorkerConnection
from mandegar.events import Event
from mandegar.quantities import from_us


@dataclass(kw_only=True)
class GiveBack(Command):
    """Give back ``points`` and ``credit`` of a redemption, or without either all that is left of it: once for each
    ``reference``, which is given as it is published and as it was ``written``.
    """

    redemption: UUID
    points: int | None
    credit: int | None = None
    reference: str
    written: str
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
        if self.written in returns or key_of_credit(self.written) in returns:
            self.reference = self.written  # it came back before texts were kept as they are published
        key = key_of_credit(self.reference)
        before = returns.get(self.reference), returns.get(key)
        if before == (None, None):
            if (refused := self._refused(row, state_at(row.state, row.expires_at, now))) is not None:
                return refused
            points, credit = self.points or 0, self.credit or 0
            if self.points is None and self.credit is None:
                points, credit = row.points - row.returned, (row.credit or 0) - row.credit_returned
            parts = unpack_parts(row.lots)
            self.parts = parts_to_return(of_points(parts), row.returned, points)
            self.parts += parts_to_return(of_credit(parts), row.credit_returned, credit)
            self.place, self.at = len(purse.facts), purse.at
            record(purse, row.redemption_id, GIVEN_BACK, self.parts, reference=self.reference)
            purse.give_back(self.parts)
            if points or not credit:
                returns[self.reference] = points
            if credit:
                returns[key] = credit
            row.returned, row.returns = row.returned + points, packed_returns(returns)
        elif (self.points, self.credit) not in {(None, None), before}:
            return refusal(
                409,
                "already_returned",
                "Something else was given back under this reference",
                "Give each return a reference of its own",
                returned=before[0] or 0,
                returned_credit=None if before[1] is None else credit_text(before[1]),
            )
        return Answer(200, {**redemption_fields(row, now), **left_in(purse)})

    def _refused(self, row: RedemptionRow, state: str) -> Answer | None:
        if state != CONFIRMED:
            return refusal(
                409,
                "redemption_not_confirmed",
                f"The redemption is {state}",
                "Only points that were spent come back; cancel a reservation instead",
                state=state,
            )
        left, credit = row.points - row.returned, (row.credit or 0) - row.credit_returned
        if self.credit and self.credit != credit:
            refused = refused_fraction(self.credit, row.currency or "")
            if row.currency is not None and refused is not None:
                return refused
        if (not left and not credit) or (self.points or 0) > left or (self.credit or 0) > credit:
            return refusal(
                409,
                "more_than_spent",
                "The redemption did not take so many points",
                "Give back at most `returnable` points",
                returnable=left,
                returnable_credit=None if row.credit is None else credit_text(credit),
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
