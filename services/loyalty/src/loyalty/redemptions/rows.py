"""Rows of redemptions."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from typing import NamedTuple
from uuid import UUID

from msgspec import Struct, json

from loyalty.domain.purse import Part
from loyalty.domain.units import is_credit
from mandegar.database import Connection, ReadConnection, Row, WorkerConnection, as_json, columns, record_set
from mandegar.events import CustomerKey


class RedemptionRow(Struct):
    """One row of ``redemptions``. Two columns are JSON texts: ``lots`` has the parts of lots that were reserved,
    ``returns`` the points that came back by reference. ``discount`` is what the points pay of the order, if they pay a
    part of it: all of them, or ``paid_points`` of them beside the price of a reward. ``credit`` is what is taken beside
    the points, in thousandths of the currency; what comes back of it stands in ``returns`` under keys of its own.
    ``order_id`` and ``reference`` are as they are published; what the shop had written, if that is another text, stands
    in ``order_written`` and ``reference_written``, which are on no topic.
    """

    shop: str
    redemption_id: UUID
    customer_id: str
    state: str
    points: int
    returned: int
    lots: str
    returns: str
    reserved_at: datetime
    expires_at: datetime
    ended_at: datetime | None = None
    order_id: str | None = None
    reference: str | None = None
    reward: str | None = None
    discount: Decimal | None = None
    currency: str | None = None
    paid_points: int | None = None
    credit: int | None = None
    order_written: str | None = None
    reference_written: str | None = None

    @property
    def shown_order_id(self) -> str | None:
        """The id of the order as the shop wrote it, if that is known."""
        return self.order_id if self.order_written is None else self.order_written

    @property
    def shown_reference(self) -> str | None:
        """The reference as the shop wrote it, if that is known."""
        return self.reference if self.reference_written is None else self.reference_written

    @property
    def credit_returned(self) -> int:
        """The credit that came back."""
        return sum(amount for key, amount in unpack_returns(self.returns).items() if is_credit(key))

    @property
    def of_payment(self) -> int:
        """The points that pay a part of the order: all of them, unless the redemption takes a reward too."""
        return self.points if self.paid_points is None else self.paid_points


class _Wanted(Struct, frozen=True):
    shop: str
    redemption_id: UUID


class Page(NamedTuple):
    """Which page of a customer's redemptions: those in ``state`` at ``now``, behind ``before`` in order of time."""

    state: str | None
    now: datetime
    before: tuple[datetime, UUID] | None
    limit: int


COLUMNS = columns(RedemptionRow)
_PARTS = json.Decoder(list[Part])
_RETURNS = json.Decoder(dict[str, int])
_LOAD = f"SELECT {COLUMNS} FROM redemptions JOIN {record_set(_Wanted)} USING (shop, redemption_id)"  # noqa: S608
_SAVE = f"""
    INSERT INTO redemptions ({COLUMNS}) SELECT {COLUMNS} FROM {record_set(RedemptionRow)}
    ON CONFLICT (shop, redemption_id) DO UPDATE SET
        (customer_id, state, returned, returns, ended_at) =
        (excluded.customer_id, excluded.state, excluded.returned, excluded.returns, excluded.ended_at)
"""  # noqa: S608
_PAGE = f"""
    SELECT {COLUMNS} FROM redemptions
    WHERE shop = $1 AND customer_id = $2
        AND ($3::text IS NULL OR $3 = CASE WHEN state = 'reserved' AND expires_at <= $4 THEN 'expired' ELSE state END)
        AND ($5::timestamptz IS NULL OR (reserved_at, redemption_id) < ($5, $6::uuid))
    ORDER BY reserved_at DESC, redemption_id DESC LIMIT $7
"""  # noqa: S608


def packed_parts(parts: Sequence[Part]) -> str:
    """Parts of lots as they are stored."""
    return json.encode(parts).decode()


def packed_returns(returns: Mapping[str, int]) -> str:
    """The points that came back, by reference, as they are stored."""
    return json.encode(returns).decode()


def unpack_returns(text: str) -> dict[str, int]:
    """The points that came back, by reference."""
    return _RETURNS.decode(text)


def unpack_parts(text: str) -> list[Part]:
    """Parts of lots of both units, as they are stored."""
    return _PARTS.decode(text)


def of_points(parts: Iterable[Part]) -> list[Part]:
    """The parts of lots of points."""
    return [part for part in parts if not is_credit(part.order_id)]


def of_credit(parts: Iterable[Part]) -> list[Part]:
    """The parts of lots of credit."""
    return [part for part in parts if is_credit(part.order_id)]


async def load_redemptions(
    connection: Connection, ids: Collection[tuple[str, UUID]]
) -> dict[tuple[str, UUID], RedemptionRow]:
    """The stored redemptions among ``ids``, which are given with their shops."""
    rows = await connection.fetch(_LOAD, as_json([_Wanted(*each) for each in ids]))
    return {(row["shop"], row["redemption_id"]): RedemptionRow(*row) for row in rows}


async def save_redemptions(connection: WorkerConnection, rows: Sequence[RedemptionRow]) -> None:
    """Insert redemptions, or write in which state they are."""
    if rows:
        await connection.execute(_SAVE, as_json(rows))


async def page_of_customer(connection: ReadConnection, customer: CustomerKey, page: Page) -> list[Row]:
    """A page of a customer's redemptions, the newest first."""
    before = page.before or (None, None)
    return await connection.fetch(_PAGE, *customer, page.state, page.now, *before, page.limit)


async def redemption_of(connection: ReadConnection, customer: CustomerKey, redemption: UUID) -> Row | None:
    """One redemption of a customer."""
    return await connection.fetchrow(
        f"SELECT {COLUMNS} FROM redemptions WHERE shop = $1 AND customer_id = $2 AND redemption_id = $3",  # noqa: S608
        *customer,
        redemption,
    )


async def settled_up_to(connection: WorkerConnection, instants: Mapping[CustomerKey, datetime]) -> None:
    """Let customers have been settled up to an instant at least: what they redeemed then is not to come."""
    await connection.execute(
        """
        UPDATE customers c SET settled_at = greatest(c.settled_at, w.at)
        FROM unnest($1::text[], $2::text[], $3::timestamptz[]) AS w(shop, customer_id, at)
        WHERE (c.shop, c.customer_id) = (w.shop, w.customer_id)
        """,
        [customer.shop for customer in instants],
        [customer.customer_id for customer in instants],
        list(instants.values()),
    )
