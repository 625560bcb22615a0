"""The coupons of occasions: which a customer has, and the command that issues those that were not asked for before."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import NamedTuple
from uuid import UUID

from loyalty.account.judged_acts import judged_acts
from loyalty.account.root_rows import root_row
from loyalty.coupons.events import issued_event
from loyalty.coupons.rows import IssuedRow, coupons_of, insert_issued
from loyalty.domain.coupons import CouponKeys, generated_code
from loyalty.domain.occasion_coupons import Given, given_by, issued_fact
from loyalty.domain.purse import Purse
from loyalty.programme.rows import rules_of
from loyalty.till.command import Answer, Command
from mandegar.database import ReadConnection, Row, WorkerConnection
from mandegar.events import CustomerKey, Event
from mandegar.events.coupon_codes import coupon_id, normal_form
from mandegar.quantities import from_us

# Acts that are looked at: an occasion comes once a year.
_ACTS_MAX = 500


class Coupons(NamedTuple):
    """The coupons that occasions have given a customer, and those of them that were issued, by id."""

    customer: CustomerKey
    given: Sequence[Given]
    issued: dict[UUID, Row]

    @property
    def are_issued(self) -> bool:
        """Whether all of them were issued."""
        return all(id_ in self.issued for one in self.given for id_ in one.ids)


async def read_coupons(connection: ReadConnection, customer: CustomerKey, now: int) -> Coupons:
    """The coupons that have not expired by now; those that were used are among them."""
    customer, row = await root_row(connection, customer)
    rules = await rules_of(connection, customer.shop)
    given: Sequence[Given] = ()
    if any(rule.coupon for programme in rules.programmes if programme.acts for rule in programme.acts.occasions):
        given = given_by(await judged_acts(connection, customer, row, None, _ACTS_MAX), rules.zones, now)
    ids = [id_ for one in given for id_ in one.ids]
    return Coupons(customer, given, await coupons_of(connection, customer.shop, ids) if ids else {})


@dataclass(kw_only=True)
class IssueCoupons(Command):
    """Issue the coupons of occasions that no coupon was issued for: one for each, however often it is asked for."""

    given: Sequence[Given]
    keys: CouponKeys
    stored: set[UUID] = field(init=False, default_factory=set)
    rows: list[tuple[IssuedRow, str]] = field(init=False, default_factory=list)

    @classmethod
    async def load(cls, connection: WorkerConnection, commands: Sequence["IssueCoupons"]) -> None:
        for shop in {command.named.shop for command in commands}:
            ids = [one.lot_id for command in commands if command.named.shop == shop for one in command.given]
            stored = {*await coupons_of(connection, shop, ids)}
            for command in commands:
                if command.named.shop == shop:
                    command.stored, command.rows = stored, []

    def decide(self, purse: Purse) -> Answer:
        shop = self.customer.shop
        for one in self.given:
            if one.ids != (one.lot_id,) or one.lot_id in self.stored:
                continue
            self.stored.add(one.lot_id)  # the next command of this transaction shares it
            code = generated_code(shop, one.lot_id, one.coupon.prefix, self.keys.codes)
            row = IssuedRow(
                shop,
                coupon_id(shop, normal_form(code), self.keys.ids),
                one.rule,
                self.customer.customer_id,
                one.lot_id,
                one.coupon.prefix,
                one.coupon.kind,
                one.terms,
                from_us(purse.at),
                from_us(one.expires_at),
            )
            self.rows.append((row, one.order_id))
            purse.add(one.order_id, issued_fact(purse.at, one.lot_id))
        return Answer(200, {})

    @classmethod
    async def save(cls, connection: WorkerConnection, commands: Sequence["IssueCoupons"]) -> Sequence[Event]:
        rows = [each for command in commands for each in command.rows]
        await insert_issued(connection, [row for row, _ in rows])
        return [issued_event(row, occasion) for row, occasion in rows]
