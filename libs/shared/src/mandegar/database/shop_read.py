"""Reads of the web role that take one statement: a function in the database that sets the shop, then reads.

``as_shop`` takes four round trips: BEGIN, the shop, the query, COMMIT. The function sets the shop itself, as the first
thing it does, and row-level security applies to its caller as it does to ``as_shop``. The setting ends with the
transaction of the statement, so a connection keeps nothing of the shop (decision 36).

A room writes its query as a ``ShopRead``, its migration creates the function with ``migrations.create_shop_read``, and
``read_of_shop`` calls it. The migration repeats the texts, because a released one never changes;
tests/migrations/test_shop_reads.py compares both. A query that changes gets a function with another name, so that
processes of the release before can still call theirs.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

# The function plans its query once a connection. A plan for any argument is the right one for reads by key; planning
# at each call would cost more than the read.
_SETTINGS = "SET plan_cache_mode = 'force_generic_plan'"


@dataclass(frozen=True)
class ShopRead:
    """A query of one shop's rows. It names the shop ``of_shop``, and its further ``arguments`` (SQL types by name).

    ``returns`` are the columns of its rows: SQL types by name. Queries are by key: the plan is made once, without
    looking at the arguments. A name stands for a column where both a column and an argument have it.
    """

    name: str
    arguments: Mapping[str, str]
    returns: Mapping[str, str]
    query: str

    @cached_property
    def call(self) -> str:
        """The statement; its first argument is the shop."""
        return f"SELECT * FROM {self.name}({', '.join(f'${n + 1}' for n in range(len(self.arguments) + 1))})"  # noqa: S608

    @property
    def definition(self) -> str:
        """``CREATE FUNCTION``. Not volatile, so that PostgreSQL refuses a query that writes."""
        arguments = ", ".join(f"{name} {type_}" for name, type_ in {"of_shop": "text", **self.arguments}.items())
        returns = ", ".join(f"{name} {type_}" for name, type_ in self.returns.items())
        return (
            f"CREATE FUNCTION {self.name}({arguments}) RETURNS TABLE ({returns})"
            f" LANGUAGE plpgsql STABLE SECURITY INVOKER {_SETTINGS} AS $${self.body}$$"
        )

    @property
    def body(self) -> str:
        """What the function does."""
        return f"""
#variable_conflict use_column
DECLARE
    seen text := set_config('app.shop', of_shop, true);
BEGIN
    RETURN QUERY {self.query.strip()};
END """
