"""The state of each customer as one hash per service, to compare two installations.

It is the SHA-256 over the sorted digests of all rows that the service keeps of a customer, each of which is the SHA-256
of the table's name and the row as JSON. Left out are the number of the partition, which belongs to an installation, and
what a shop leaves behind when it moves (``tables.STAY`` and ``Part.left_behind``). Rows about no customer, such as the
settings of the shop, make one more state, under the empty id.
"""

from collections.abc import AsyncIterator, Sequence

from msgspec import Struct

from mandegar.database import Connection
from mandegar.moving.tables import MovingTable, select_states

AT_ONCE = 5_000


class State(Struct, frozen=True):
    """The state of a customer in a service."""

    customer: str
    state: str


async def states_of(connection: Connection, tables: Sequence[MovingTable], shop: str) -> AsyncIterator[State]:
    """The states of all customers of a shop, in the order of their ids' bytes."""
    statement = select_states(tables)
    async for row in connection.cursor(statement, shop, prefetch=AT_ONCE):
        yield State(row["customer"], row["state"])
