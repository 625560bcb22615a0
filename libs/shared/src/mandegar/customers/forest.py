"""Who is whose alias, as a forest: of each alias the customer whom its latest merge named, and the root of both."""

from collections.abc import Mapping
from typing import NamedTuple

from mandegar.events import CustomerKey


class AliasRow(NamedTuple):
    """A customer as an alias: whom the latest merge named (None: no alias), the root, and the latest version.

    The root is stored, so that nobody walks up a chain; the named one decides, so that what is split takes along whom
    was merged into it.
    """

    key: CustomerKey
    alias_of: CustomerKey | None
    root: CustomerKey
    version: int


class Move(NamedTuple):
    """A customer who was a root, and their new one."""

    alias: CustomerKey
    root: CustomerKey


class Forest:
    """Some customers and all who lead to them, as stored, and what becomes of them.

    ``roots`` has the roots of customers outside of it.
    """

    def __init__(self, rows: Mapping[CustomerKey, AliasRow], roots: Mapping[CustomerKey, CustomerKey]) -> None:
        self._before, self._after = rows, dict(rows)
        self._outside = roots

    def attach(self, alias: CustomerKey, to: CustomerKey | None, version: int) -> None:
        """Make ``alias`` an alias of ``to``; None makes it one of nobody."""
        self._after[alias] = self._after[alias]._replace(alias_of=to, version=version)

    def roots(self) -> dict[CustomerKey, CustomerKey]:
        """The root of each; of a circle it is the smallest key, in whatever order it was closed."""
        return {key: self._root(key) for key in self._after}

    def changed(self) -> list[AliasRow]:
        """The rows that differ from the stored ones, with their roots, in key order."""
        rows = (self._after[key]._replace(root=root) for key, root in sorted(self.roots().items()))
        return [row for row in rows if row != self._before[row.key]]

    def moves(self) -> list[Move]:
        """Those who were roots and are none now, in key order: what they hold goes to their roots."""
        roots = sorted(self.roots().items())
        return [Move(key, root) for key, root in roots if root != key and self._before[key].root == key]

    def _root(self, key: CustomerKey) -> CustomerKey:
        way: list[CustomerKey] = []
        while key in self._after:
            if key in way:
                return min(way[way.index(key) :])
            way.append(key)
            row = self._after[key]
            if row.alias_of is None:
                return key
            if row.alias_of not in self._after and row.alias_of == self._before[key].alias_of:
                return row.root
            key = row.alias_of
        return self._outside.get(key, key)
