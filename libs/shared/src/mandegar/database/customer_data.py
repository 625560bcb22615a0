"""Declares of each table with customers what becomes of its rows: in a merge, in an erasure, and in an export.

``make generate`` writes the declarations of a service into its ``customer_tables.py``, because no serving process loads
the definitions of tables.
"""

from typing import Any, NamedTuple

# The library deletes the rows of an erased customer.
DELETED = "deleted"


class NotExported(str):
    """Why the rows of a table are not part of an export."""

    __slots__ = ()


def not_exported(why: str) -> NotExported:
    """The ``export`` of a table whose rows are not part of one, with the reason."""
    return NotExported(why)


def of_customers(*, merge: str, erase: str = "", export: str = "", customer: str = "customer_id") -> dict[str, str]:
    """The ``info`` of a table that names customers in the column ``customer``.

    ``merge`` says what becomes of the rows once one customer turns out to be another. ``erase`` is ``DELETED``, or says
    how the ``erase`` of the service's parts provides for them. ``export`` is the name under which an export has the
    rows, or ``not_exported("why")``.
    """
    return {"merge": merge, "erase": erase, "export": export, "customer": customer}


def stays(why: str) -> dict[str, Any]:
    """The ``info`` of a column of ``customers`` that an erasure leaves as it is. All others get their defaults."""
    return {"stays": why}


def give_to_roots(table: str) -> str:
    """Gives the rows of the customers with shops $1 and ids $2 to those with ids $3."""
    return f"""
        UPDATE {table} t SET customer_id = w.root
        FROM unnest($1::text[], $2::text[], $3::text[]) AS w(shop, alias, root)
        WHERE t.shop = w.shop AND t.customer_id = w.alias
    """  # noqa: S608


class CustomerTable(NamedTuple):
    """A table as its declaration says: ``columns`` in order, of which ``key`` identifies a row of one customer.

    ``emptied`` are columns of ``customers`` that an erasure sets to their defaults.
    """

    name: str
    customer: str
    columns: tuple[str, ...]
    key: tuple[str, ...]
    deleted: bool = False
    export: str | None = None
    emptied: tuple[str, ...] = ()

    @property
    def delete_some(self) -> str:
        """Deletes up to $3 rows of the customers with shops $1 and ids $2; returns how many of each customer."""
        return f"""
            WITH gone AS (
                DELETE FROM {self.name} WHERE ctid = ANY(ARRAY(
                    SELECT t.ctid FROM {self.name} t
                    JOIN unnest($1::text[], $2::text[]) AS w(shop, id) ON t.shop = w.shop AND t.{self.customer} = w.id
                    LIMIT $3
                )) RETURNING shop, {self.customer} AS id
            )
            SELECT shop, id, count(*) AS rows FROM gone GROUP BY shop, id
        """  # noqa: S608

    @property
    def of_erased(self) -> str:
        """Selects up to $1 rows of erased customers, of whom there should be none."""
        return f"""
            SELECT t.shop, t.{self.customer} FROM customers c
            JOIN {self.name} t ON t.shop = c.shop AND t.{self.customer} = c.customer_id
            WHERE c.erased_at IS NOT NULL LIMIT $1
        """  # noqa: S608

    @property
    def empty(self) -> str:
        """Sets the service's own columns of the customers with shops $1 and ids $2 to their defaults.

        Selects the customers in whose columns there was anything else.
        """
        columns = ", ".join(f"{column} = DEFAULT" for column in self.emptied)
        content = f"ROW({', '.join(f'c.{column}' for column in self.emptied)})::text"
        given = "unnest($1::text[], $2::text[]) AS w(shop, id)"
        return f"""
            WITH before AS (
                SELECT c.shop, c.{self.customer} AS id, {content} AS content FROM {self.name} c JOIN {given}
                    ON c.shop = w.shop AND c.{self.customer} = w.id
            ), emptied AS (
                UPDATE {self.name} c SET {columns} FROM {given} WHERE c.shop = w.shop AND c.{self.customer} = w.id
                RETURNING c.shop, c.{self.customer} AS id, {content} AS content
            )
            SELECT shop, id FROM before JOIN emptied USING (shop, id) WHERE before.content <> emptied.content
        """  # noqa: S608

    @property
    def first_page(self) -> str:
        """Selects the first $3 rows of customer $2 of shop $1."""
        return self._page("")

    @property
    def next_page(self) -> str:
        """Selects the next $3 rows of customer $2 of shop $1, behind the row whose key is $4 and so on."""
        places = ", ".join(f"${number}" for number in range(4, 4 + len(self.key)))
        return self._page(f"AND ({', '.join(self.key)}) > ({places})")

    def _page(self, behind: str) -> str:
        order = f"ORDER BY {', '.join(self.key)}" if self.key else ""
        return f"""
            SELECT {", ".join(self.columns)} FROM {self.name}
            WHERE shop = $1 AND {self.customer} = $2 {behind} {order} LIMIT $3
        """  # noqa: S608
