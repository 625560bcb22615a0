"""What commands take of rewards, under the lock of their stocks: who comes first is decided by the order of commits."""

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from loyalty.coupons.rows import give_back_pooled, lock_free
from loyalty.domain.purse import Purse as Points
from loyalty.domain.rewards import OUT_OF_STOCK, Purse, Reason, Reward, reasons_against
from loyalty.rewards.catalogue_rows import catalogue_at
from loyalty.rewards.take_rows import load_taken, lock_stocks
from mandegar.database import WorkerConnection
from mandegar.events import CustomerKey
from mandegar.quantities import from_us, to_us
from mandegar.shops import load_shops


class Offer:
    """A reward, what is left of it, and when customers took it; commands of one transaction share it."""

    def __init__(
        self, reward: Reward, left: int | None, times: Mapping[str, list[datetime]], codes: Sequence[UUID]
    ) -> None:
        self.reward, self.left = reward, left
        self._times = {customer: [to_us(at) for at in taken] for customer, taken in times.items()}
        self._codes = list(codes)

    def reasons(self, customer: CustomerKey, points: Points) -> list[Reason]:
        """Why a customer with these points cannot have it."""
        when = points.enough_at(self.reward.price)
        coming = [] if when is None else [(when, self.reward.price)]
        found = reasons_against(
            self.reward,
            Purse(points.available, points.debt, points.tier, coming),
            left=self.left,
            taken=self._times.get(customer.customer_id, ()),
            tiers=points.tiers,
            now=points.at,
        )
        if self.reward.coupon == "pool" and not self._codes and OUT_OF_STOCK not in {one.code for one in found}:
            found.append(Reason(OUT_OF_STOCK, required=1, available=0, missing=1))
        return found

    def take(self, customer: CustomerKey, at: int) -> UUID | None:
        """Take it once; returns the id of the code of its pool, if it has one."""
        if self.left is not None:
            self.left -= 1
        self._times.setdefault(customer.customer_id, []).append(at)
        return self._codes.pop(0) if self.reward.coupon == "pool" else None


async def load_offers(
    connection: WorkerConnection, wanted: Sequence[tuple[CustomerKey, str]], now: datetime
) -> dict[tuple[str, str], Offer]:
    """The offers, by shop and reward, of what customers ask for; a reward that the catalogue does not have is missing.

    Stocks are locked in the order of shops and rewards, and what was reserved until now or before is free again.
    """
    of_shops: defaultdict[str, list[tuple[str, str]]] = defaultdict(list)
    for customer, name in wanted:
        of_shops[customer.shop].append((customer.customer_id, name))
    offers: dict[tuple[str, str], Offer] = {}
    shops = await load_shops(connection, of_shops)
    for shop in sorted(shops):
        catalogue = await catalogue_at(connection, shops[shop], now)
        asked = of_shops[shop]
        rewards = {name: reward for _, name in asked if (reward := catalogue.named(name)) is not None}
        limited = [name for name, one in rewards.items() if one.stock is not None or one.coupon == "pool"]
        if limited and (ended := await lock_stocks(connection, shop, limited, now)):
            await give_back_pooled(connection, shop, ended)
        taken = await load_taken(connection, shop, limited, {id_ for id_, _ in asked}, now, locked=True)
        for name, reward in rewards.items():
            number = sum(1 for _, other in asked if other == name)
            codes = await lock_free(connection, shop, name, number) if reward.coupon == "pool" else []
            left = None if reward.stock is None else reward.stock - taken.numbers[name]
            times = {customer: at for (customer, other), at in taken.times.items() if other == name}
            offers[shop, name] = Offer(reward, left, times, codes)
    return offers


def reasons_told(reasons: Collection[Reason]) -> list[dict[str, Any]]:
    """Reasons as answers contain them."""
    return [{**one._asdict(), "when": None if one.when is None else from_us(one.when)} for one in reasons]
