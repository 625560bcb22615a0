"""The command that reserves points."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from uuid import UUID

from loyalty.account.credit_answers import left_in
from loyalty.domain.money import amount_of
from loyalty.domain.part_payment import Quote
from loyalty.domain.programme import POINTS_MAX
from loyalty.domain.purse import LOTS_MAX, Part, Purse, TooManyLots
from loyalty.redemptions.events import changed_event
from loyalty.redemptions.part_payment import Invoice, quoted
from loyalty.redemptions.pay_credit import BILLIONTHS, not_enough_credit, refused_credit, too_much_credit
from loyalty.redemptions.rows import RedemptionRow, load_redemptions, packed_parts, save_redemptions
from loyalty.redemptions.rules import RESERVED, record, redemption_id
from loyalty.redemptions.schemas import redemption_fields
from loyalty.redemptions.texts import NONE, Texts
from loyalty.till.command import Answer, Command, refusal
from loyalty.till.erased_rows import load_in_use
from loyalty.till.refusals import REUSED
from mandegar.database import WorkerConnection
from mandegar.events import Event
from mandegar.quantities import from_us


@dataclass(kw_only=True)
class Reserve(Command):
    """Reserve ``points`` for so many microseconds; beside what pays a part of an invoice, the ``price`` of a reward."""

    points: int
    lasts: int
    price: int = field(init=False, default=0)
    invoice: Invoice | None = None
    texts: Texts = NONE
    # In thousandths of the currency.
    credit: int = 0
    redemption: UUID = field(init=False)
    stored: RedemptionRow | None = field(init=False, default=None)
    row: RedemptionRow | None = field(init=False, default=None)
    parts: list[Part] = field(init=False, default_factory=list)
    place: int = field(init=False, default=0)

    def __post_init__(self) -> None:
        if self.key is None:
            raise ValueError("a reservation needs an Idempotency-Key")
        self.redemption = redemption_id(self.named.shop, self.key.digest)

    @classmethod
    async def load(cls, connection: WorkerConnection, commands: Sequence["Reserve"]) -> None:
        ids = {(each.named.shop, each.redemption) for each in commands}
        in_use, stored = await load_in_use(connection, ids, load_redemptions)
        for command in commands:
            command.redemption = in_use[command.named.shop, command.redemption]
            command.stored, command.row = stored.get((command.named.shop, command.redemption)), None

    @property
    def points_wanted(self) -> int:
        if self.invoice is not None and self.invoice.points is None:
            return POINTS_MAX  # what the amount is in points, the programme says
        return self.points

    def decide(self, purse: Purse) -> Answer:
        if self.stored is not None:
            return self._again(self.stored, purse)
        uses_points = self.invoice is not None and self.invoice.uses_points
        if purse.debt and (self.points or uses_points):
            return _owed(purse.debt)
        paid: Quote | None = None
        if self.invoice is not None and uses_points:
            found = quoted(self.invoice, purse.programme, purse.available)
            if isinstance(found, Answer):
                return found
            paid, self.points = found, found.points + self.price
        discount = 0 if paid is None else paid.amount
        if (refused := refused_credit(self.credit, self.invoice, purse, discount)) is not None:
            return refused
        discount += self.credit * BILLIONTHS
        credit_parts: list[Part] = []
        try:
            if self.credit and purse.credit is not None:
                credit_parts = purse.credit.take(self.credit)
        except TooManyLots as error:
            return too_much_credit(error.points, purse)
        except ValueError:
            return not_enough_credit(self.credit, purse)
        try:
            self.parts = [*purse.take(self.points), *credit_parts]
        except TooManyLots as error:
            purse.give_back(credit_parts)
            return _too_many_lots(error.points)
        except ValueError:
            purse.give_back(credit_parts)
            return _not_enough(self.points, purse)
        self.place = len(purse.facts)
        ends_at = purse.at + self.lasts
        record(purse, self.redemption, RESERVED, self.parts, ends_at=ends_at)
        self.row = RedemptionRow(
            shop=self.customer.shop,
            redemption_id=self.redemption,
            customer_id=self.customer.customer_id,
            state=RESERVED,
            points=self.points,
            returned=0,
            lots=packed_parts(self.parts),
            returns="{}",
            reserved_at=from_us(purse.at),
            expires_at=from_us(ends_at),
            discount=None if self.invoice is None else amount_of(discount),
            currency=self._currency(purse),
            paid_points=(0 if paid is None else paid.points) if self.invoice is not None and self.price else None,
            credit=self.credit or None,
            **self.texts._asdict(),
        )
        return Answer(201, {**redemption_fields(self.row, self.row.reserved_at), **left_in(purse)})

    def _currency(self, purse: Purse) -> str | None:
        """That of the money that is paid, or of credit alone."""
        if self.invoice is not None:
            return self.invoice.currency
        return purse.programme.currency if self.credit and purse.programme is not None else None

    def _again(self, stored: RedemptionRow, purse: Purse) -> Answer:
        """The redemption that was made under this key, long ago: its answer is no longer stored."""
        asked = (self.customer.customer_id, self.invoice is None)
        if asked != (stored.customer_id, stored.discount is None) or not self.texts.are_of(stored):
            return REUSED
        if (self.invoice is None and stored.points != self.points) or (stored.credit or 0) != self.credit:
            return REUSED
        return Answer(201, {**redemption_fields(stored, from_us(purse.at)), **left_in(purse)}, repeated=True)

    @classmethod
    async def save(cls, connection: WorkerConnection, commands: Sequence["Reserve"]) -> Sequence[Event]:
        made = [(command, row) for command in commands if (row := command.row) is not None]
        await save_redemptions(connection, [row for _, row in made])
        return [changed_event(row, RESERVED, row.reserved_at, each.place) for each, row in made]


def _owed(points: int) -> Answer:
    return refusal(
        409,
        "points_owed",
        "The customer owes points",
        "Points were spent and the order that had earned them was then refunded; the next points repay them",
        owed=points,
    )


def _not_enough(required: int, purse: Purse) -> Answer:
    when = purse.enough_at(required)
    return refusal(
        409,
        "not_enough_points",
        "The customer does not have enough points",
        "Ask for at most `available`; from `when` on, if it is given, there are enough",
        required=required,
        available=purse.available,
        missing=required - purse.available,
        when=None if when is None else from_us(when),
    )


def _too_many_lots(points: int) -> Answer:
    return refusal(
        409,
        "too_many_lots",
        "The points are in too many lots",
        f"One redemption takes from at most {LOTS_MAX} lots: ask for at most `at_most` points, then for the rest",
        at_most=points,
    )
