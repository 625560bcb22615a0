"""What a batch needs of programmes: the rules of its shops, and their customers' due instants."""

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import NamedTuple

from loyalty.domain.programme import Programme
from loyalty.programme.document import PROGRAMMES, default_programme, stored_programme
from mandegar.calendar import ShopDays, shop_days
from mandegar.database import Connection, ShopConnection, WorkerConnection
from mandegar.documents.rows import versions_of_shops
from mandegar.events import CustomerKey
from mandegar.quantities import to_us
from mandegar.shops import load_shops
from mandegar.stream import PermanentError


class Rules(NamedTuple):
    """What determines a shop's points: programme versions, ascending by ``effective_from``, and the shop's calendar."""

    programmes: tuple[Programme, ...]
    days: ShopDays


async def load_rules(connection: Connection, shops: Collection[str]) -> dict[str, Rules]:
    """The rules of each shop. Raises ``PermanentError`` for a shop that was never announced."""
    announced = await load_shops(connection, shops)
    programmes: dict[str, list[Programme]] = {}
    for name in shops:
        if name not in announced:
            raise PermanentError("unknown_shop", f"the shop {name} has not been announced")
        programmes[name] = [default_programme(announced[name].currency)]
    for version in await versions_of_shops(connection, PROGRAMMES, shops):
        currency, effective_from = announced[version.shop].currency, to_us(version.effective_from)
        programme = stored_programme(version.document, version.version, effective_from, currency)
        programmes[version.shop].append(programme)
    return {shop: Rules(tuple(versions), shop_days(announced[shop].zone)) for shop, versions in programmes.items()}


async def has_orders(connection: ShopConnection, shop: str) -> bool:
    """Whether any order of this shop is stored."""
    return bool(await connection.fetchval("SELECT EXISTS (SELECT 1 FROM orders WHERE shop = $1)", shop))


async def due_no_later_than(connection: WorkerConnection, customers: Sequence[CustomerKey], at: datetime) -> None:
    """Make locked customers of one shop due at ``at``, unless they are due earlier."""
    await connection.execute(
        """
        UPDATE customers SET due_at = least(due_at, $3)
        WHERE shop = $1 AND customer_id = ANY($2::text[]) AND settled_at IS NOT NULL
        """,
        customers[0].shop if customers else "",
        [customer.customer_id for customer in customers],
        at,
    )
