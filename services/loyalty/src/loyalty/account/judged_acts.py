"""The acts of a customer as they were judged when the account was settled."""

from bisect import bisect_left
from datetime import datetime
from uuid import UUID

from loyalty.account.act_rows import acts_page
from loyalty.account.packing import unpack_remembered
from loyalty.account.rows import account_of
from loyalty.domain.acts import ActLot
from loyalty.domain.forward import lot_of
from loyalty.programme.rows import rules_of
from mandegar.database import ReadConnection, Row
from mandegar.events import CustomerKey
from mandegar.quantities import to_us


async def judged_acts(
    connection: ReadConnection, key: CustomerKey, row: Row, behind: tuple[datetime, UUID] | None, limit: int
) -> list[ActLot]:
    """Acts before a place, the newest first. Of an account with many orders no others are read."""
    rules = await rules_of(connection, key.shop)
    settled_at, remembered = to_us(row["settled_at"]), unpack_remembered(row["remembered"])
    place = None if behind is None else (to_us(behind[0]), behind[1])
    if remembered is not None and remembered.holds(row["version"], settled_at, *rules):
        orders = await acts_page(connection, key, behind=place, limit=limit)
        lots = [lot_of(order, *rules, settled_at) for order in orders]
        return [lot for lot in lots if isinstance(lot, ActLot)]
    account = await account_of(connection, key)
    acts = [lot for lot in account.at(*rules, settled_at).lots if isinstance(lot, ActLot)]
    end = len(acts) if place is None else bisect_left(acts, place, key=lambda lot: (lot.earned_at, lot.lot_id))
    return acts[:end][::-1][:limit]
