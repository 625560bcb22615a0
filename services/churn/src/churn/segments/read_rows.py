"""Reads about segments: who is in one, in which a customer is, and the sample of an estimate."""

from datetime import datetime
from math import ceil
from typing import Final, NamedTuple

from churn.customers.rows import COLUMNS, customer_of
from churn.domain.customer import Customer
from churn.memberships.states import Loyalty, State
from mandegar.database import ReadConnection, columns
from mandegar.events import CustomerKey
from mandegar.quantities import from_us

_STATE: Final = columns(State, leaving_out=("shop", "customer_id"))
_HASH: Final = "hashtextextended(customer_id, 0)"
_CAN_BE_IN: Final = "merged_into IS NULL AND erased_at IS NULL AND backfill_until IS NULL"
_SAMPLE: Final = f"""
    SELECT {", ".join(f"c.{name}" for name in COLUMNS.split(", "))},
        {", ".join(f"s.{name}" for name in _STATE.split(", "))}, d.points AS card_points, d.tier AS card_tier
    FROM (SELECT * FROM customers WHERE shop = $1 AND {_CAN_BE_IN} AND %s) c
        LEFT JOIN segment_states s ON s.shop = c.shop AND s.customer_id = c.customer_id
        LEFT JOIN cards d ON d.shop = c.shop AND d.customer_id = c.customer_id
"""  # noqa: S608  names of our own columns
# A scan of the shop's customers, of whom a hash chooses the sample.
_SAMPLE_OF_FEW: Final = _SAMPLE % f"{_HASH} & $2::bigint = 0 LIMIT $3"
# Index ix_customers_sampled has one in 32, in the order of their hashes: those with the lowest are the sample.
_SAMPLE_OF_MANY: Final = _SAMPLE % f"{_HASH} & 31 = 0 ORDER BY {_HASH} LIMIT $2"
_ONE_IN: Final = 32
_CUSTOMER: Final = len(COLUMNS.split(", "))
_STATE_END: Final = _CUSTOMER + len(_STATE.split(", "))


class Member(NamedTuple):
    """A customer in a segment, since an instant."""

    customer_id: str
    since: datetime


class Membership(NamedTuple):
    """A segment of a customer, since an instant."""

    segment: str
    since: datetime


class Sampled(NamedTuple):
    """A customer with all that conditions read."""

    customer: Customer
    state: State
    loyalty: Loyalty


def bits_for(customers: int, at_most: int) -> int:
    """How often to halve the customers of a shop until a sample of them is small enough."""
    return max(0, ceil(customers / at_most) - 1).bit_length()


async def list_members(
    connection: ReadConnection, shop: str, segment: str, after: str | None, limit: int
) -> list[Member]:
    """Customers in a segment behind an id (None: the first ones), in the database's order of ids."""
    rows = await connection.fetch(
        """
        SELECT customer_id, since FROM segment_members
        WHERE shop = $1 AND segment = $2 AND ($3::text IS NULL OR customer_id > $3)
        ORDER BY customer_id LIMIT $4
        """,
        shop,
        segment,
        after,
        limit,
    )
    return [Member(*row) for row in rows]


async def memberships_of(connection: ReadConnection, key: CustomerKey) -> list[Membership]:
    """The segments of a customer, by name."""
    members: dict[str, int] | None = await connection.fetchval(
        "SELECT members FROM segment_states WHERE shop = $1 AND customer_id = $2", *key
    )
    return [Membership(name, from_us(since)) for name, since in sorted((members or {}).items())]


async def sample_customers(connection: ReadConnection, shop: str, customers: int, at_most: int) -> list[Sampled]:
    """Of the customers of a shop who can be in a segment, of whom there are ``customers``, those with certain hashes of
    their ids: everybody if they are few, and else one in some power of two, or the first ``at_most`` by the hash."""
    if customers > _ONE_IN * at_most:
        rows = await connection.fetch(_SAMPLE_OF_MANY, shop, at_most)
    else:
        rows = await connection.fetch(_SAMPLE_OF_FEW, shop, (1 << bits_for(customers, at_most)) - 1, 2 * at_most)
    sampled = []
    for row in rows:
        customer = customer_of(row[:_CUSTOMER])
        stored = row[_CUSTOMER:_STATE_END]
        state = State(shop, customer.customer_id, *(stored if stored[0] is not None else ()))
        sampled.append(Sampled(customer, state, Loyalty(row["card_points"], row["card_tier"])))
    return sampled
