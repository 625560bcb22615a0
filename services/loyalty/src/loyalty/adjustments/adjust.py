"""The command that gives or takes points or credit, or asks a second person to."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from uuid import UUID

from loyalty.account.credit_answers import left_in
from loyalty.adjustments.apply import Applied, apply_to
from loyalty.adjustments.events import adjusted_event
from loyalty.adjustments.rows import AdjustmentRow, load_adjustments, save_adjustments, undecided_since
from loyalty.adjustments.rules import APPLIED, TOGETHER, WAITING, Person, adjustment_id, may_be
from loyalty.adjustments.schemas import adjustment_fields
from loyalty.domain.programme import Programme, in_force
from loyalty.domain.purse import Purse
from loyalty.programme.rows import Rules, load_rules
from loyalty.till.coins import refused_fraction
from loyalty.till.command import Answer, Command
from loyalty.till.erased_rows import load_in_use
from loyalty.till.refusals import REUSED
from mandegar.calendar import shop_days
from mandegar.database import WorkerConnection
from mandegar.events import Event
from mandegar.quantities import from_us
from mandegar.shops import load_shops


@dataclass(kw_only=True)
class Adjust(Command):
    """Give ``points``, or take them if they are below zero; or ``credit``, in thousandths, instead of points."""

    points: int
    credit: int | None
    reason: str
    note: str
    expires_in_days: int | None
    allow_debt: bool
    author: Person
    asked_at: datetime
    adjustment: UUID = field(init=False)
    stored: AdjustmentRow | None = field(init=False, default=None)
    row: AdjustmentRow | None = field(init=False, default=None)
    applied: Applied | None = field(init=False, default=None)
    rules: Rules | None = field(init=False, default=None)
    zone: str = field(init=False, default="UTC")
    # What nobody has decided about of the same customer, with that of other commands of the transaction.
    alone: list[AdjustmentRow] = field(init=False, default_factory=list)

    def __post_init__(self) -> None:
        if self.key is None:
            raise ValueError("an adjustment needs an Idempotency-Key")
        self.adjustment = adjustment_id(self.named.shop, self.key.digest)

    @classmethod
    async def load(cls, connection: WorkerConnection, commands: Sequence["Adjust"]) -> None:
        shops = {each.named.shop for each in commands}
        rules: Mapping[str, Rules] = await load_rules(connection, shops)
        settings = await load_shops(connection, shops)
        ids = {(each.named.shop, each.adjustment) for each in commands}
        in_use, stored = await load_in_use(connection, ids, load_adjustments)
        for command in commands:
            command.adjustment = in_use[command.named.shop, command.adjustment]
        since = min(each.asked_at for each in commands) - TOGETHER
        alone = await undecided_since(connection, {each.customer for each in commands}, since)
        for command in commands:
            command.alone = alone[command.customer]
            shop = command.named.shop
            command.rules, command.zone = rules[shop], settings[shop].zone
            command.stored, command.row, command.applied = stored.get((shop, command.adjustment)), None, None

    @property
    def points_wanted(self) -> int:
        return max(-self.points, 0)

    def decide(self, purse: Purse) -> Answer:
        if self.stored is not None:
            return self._again(self.stored, purse)
        assert self.rules is not None  # noqa: S101  loaded
        programme = in_force(self.rules.programmes, purse.at)
        row = AdjustmentRow(
            shop=self.customer.shop,
            adjustment_id=self.adjustment,
            customer_id=self.customer.customer_id,
            state=APPLIED,
            points=self.points,
            reason=self.reason,
            note=self.note,
            last_day=None,
            allow_debt=self.allow_debt,
            author_key=self.author.key_id,
            author=self.author.subject,
            asked_at=from_us(purse.at),
            credit=self.credit,
        )
        row.last_day = self._last_day(programme, purse.at, row.amount)
        # All that is there may be taken to the last thousandth, so that rests of old rules do not stay for ever.
        if self.credit is not None and -self.credit != purse.in_credit.available:
            refused = refused_fraction(self.credit, programme.currency)
            if refused is not None:
                return refused
        most = programme.second_person_above if self.credit is None else programme.second_person_above_credit
        if most is not None and self._together(row, purse) > most:
            row.state = WAITING
        else:
            applied = apply_to(purse, row)
            if isinstance(applied, Answer):
                return applied
            self.applied = applied
        self.row = row
        self.alone.append(row)
        return Answer(202 if row.state == WAITING else 201, {**adjustment_fields(row), **left_in(purse)})

    def _together(self, row: AdjustmentRow, purse: Purse) -> int:
        """What the author gives, or takes, with all that they gave or took of the customer alone shortly before."""
        before = [
            each.amount
            for each in self.alone
            if each.adjustment_id not in purse.decided  # in this transaction
            if each.asked_at > row.asked_at - TOGETHER and may_be(self.author, each.author_key, each.author)
            if (each.credit is None) == (row.credit is None) and (each.amount > 0) == (row.amount > 0)
        ]
        return abs(row.amount + sum(before))

    def _last_day(self, programme: Programme, at: int, amount: int) -> date | None:
        """The last day of what is given, as it was asked for, or of points as the programme says.

        Credit that nobody gives an end is the customer's own money, such as that of a refund: it does not expire.
        """
        default = programme.expiry_days if self.credit is None else None
        days = default if self.expires_in_days is None else self.expires_in_days
        if days is None or amount < 0:
            return None
        return date.fromordinal(min(shop_days(self.zone).day_of(at) + days, date.max.toordinal() - 1))

    def _again(self, stored: AdjustmentRow, purse: Purse) -> Answer:
        """The adjustment that was made under this key, long ago: its answer is no longer stored."""
        note = self.note if stored.note else ""  # a rebuild does not know it
        asked = (self.customer.customer_id, self.points, self.credit, self.reason, note, self.allow_debt)
        if (stored.customer_id, stored.points, stored.credit, stored.reason, stored.note, stored.allow_debt) != asked:
            return REUSED
        body = {**adjustment_fields(stored), **left_in(purse)}
        return Answer(202 if stored.state == WAITING else 201, body, repeated=True)

    @classmethod
    async def save(cls, connection: WorkerConnection, commands: Sequence["Adjust"]) -> Sequence[Event]:
        events: list[Event] = []
        made = [each for each in commands if each.row is not None]
        await save_adjustments(connection, [each.row for each in made if each.row is not None])
        for each in made:
            if each.row is not None:
                done = each.applied or Applied(0, [], 0)
                events.append(
                    adjusted_event(
                        each.row, each.row.asked_at, each.author, place=done.place, taken=done.taken, owed=done.owed
                    )
                )
        return events
