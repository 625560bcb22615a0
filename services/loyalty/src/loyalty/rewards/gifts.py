"""What a redemption of a reward gives once it is confirmed: a coupon, on the terms of the reservation."""

from collections.abc import Collection
from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

from loyalty.coupons.issue import Wanted, code_of, issue_coupons
from loyalty.coupons.rows import coupons_of, give_back_pooled
from loyalty.domain.coupons import CouponKeys
from loyalty.rewards.take_rows import CANCELLED, CONFIRMED, TakeRow, load_takes, save_takes
from mandegar.calendar import ShopDays, shop_days
from mandegar.database import Connection, Row, WorkerConnection
from mandegar.events import CustomerKey, Event
from mandegar.events.loyalty import RewardTaken
from mandegar.quantities import from_us, to_us
from mandegar.shops import load_shops


class Gift(NamedTuple):
    """What a redemption took, the days of its shop, and its coupon, as far as it has one already."""

    take: TakeRow
    days: ShopDays
    stored: Row | None

    def expires_at(self, now: datetime) -> datetime | None:
        """When a coupon that is issued now expires."""
        days = self.take.valid_days
        return None if days is None else from_us(self.days.end_of(self.days.day_of(to_us(now)) + days))

    def coupon(self, keys: CouponKeys, now: datetime) -> dict[str, Any] | None:
        """The coupon as answers contain it; None if the reward gives none."""
        if self.take.coupon == "none":
            return None
        is_issued = self.stored is not None and self.stored["issued_at"] is not None
        expires_at = self.stored["expires_at"] if self.stored is not None and is_issued else self.expires_at(now)
        return {
            "code": code_of(self.take.shop, self.take.redemption_id, self.prefix, self.stored, keys),
            "expires_at": expires_at,
        }

    @property
    def prefix(self) -> str | None:
        """The prefix of a generated code; None if the code is of a pool."""
        return None if self.take.coupon == "pool" else self.take.prefix

    @property
    def told(self) -> RewardTaken:
        """What ``redemption.changed`` tells of the reward."""
        return reward_taken(
            self.take, self.stored["coupon_id"] if self.stored is not None and self.prefix is None else None
        )


def reward_taken(take: TakeRow, coupon_id: UUID | None) -> RewardTaken:
    """What ``redemption.changed`` tells of a reward; ``coupon_id`` is that of a pool's code."""
    return RewardTaken(
        reward=take.reward,
        kind=take.kind,
        terms=dict(take.terms),
        coupon=take.coupon,
        prefix=take.prefix,
        valid_days=take.valid_days,
        coupon_id=coupon_id,
    )


async def load_gifts(connection: WorkerConnection, ids: Collection[tuple[str, UUID]]) -> dict[tuple[str, UUID], Gift]:
    """What redemptions took, by shop and redemption; locked."""
    if not ids:
        return {}
    takes = await load_takes(connection, ids)
    gifts: dict[tuple[str, UUID], Gift] = {}
    for name, shop in (await load_shops(connection, {shop for shop, _ in takes})).items():
        stored = await coupons_of(connection, name, [id_ for other, id_ in takes if other == name])
        for key, take in takes.items():
            if key[0] == name:
                gifts[key] = Gift(take, shop_days(shop.zone), stored.get(take.redemption_id))
    return gifts


async def save_gift(
    connection: WorkerConnection, gift: Gift, change: str, customer_id: str, keys: CouponKeys, now: datetime
) -> list[Event]:
    """Write the change, and issue the coupon of one that is confirmed; returns the events to publish."""
    take = gift.take
    take.state, take.customer_id = change, customer_id
    await save_takes(connection, [take])
    if change == CANCELLED:
        await give_back_pooled(connection, take.shop, [take.redemption_id])
    if change != CONFIRMED or take.coupon == "none":
        return []
    customer, expires_at = CustomerKey(take.shop, customer_id), gift.expires_at(now)
    wanted = Wanted(customer, take.redemption_id, take.reward, take.kind, take.terms, gift.prefix, expires_at)
    return await issue_coupons(connection, [wanted], keys, now)


async def issued_coupon_of(
    connection: Connection, shop: str, redemption: UUID, keys: CouponKeys
) -> dict[str, Any] | None:
    """The coupon that was issued for a redemption, as answers contain it."""
    row = (await coupons_of(connection, shop, [redemption])).get(redemption)
    if row is None or row["issued_at"] is None:
        return None
    return {"code": code_of(shop, redemption, row["prefix"], row, keys), "expires_at": row["expires_at"]}
