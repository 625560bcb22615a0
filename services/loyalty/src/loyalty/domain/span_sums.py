"""Sums at the places of a row. An amount is added to a span of places, and the last place with enough is found, in
steps that grow with the logarithm of their number.
"""

from typing import TypeAlias

# The first place of a span, and the one behind its last.
Span: TypeAlias = tuple[int, int]


class SpanSums:
    """Zero everywhere at first: the leaves of a binary tree, whose inner nodes have the highest sum below them."""

    __slots__ = ("_added", "_highest", "_leaves")

    def __init__(self, places: int) -> None:
        self._leaves = leaves = 1 << max(places - 1, 0).bit_length()
        self._highest = [0] * (2 * leaves)
        # What was added to all places below a node at once; it is in the node's own highest sum, in no lower one.
        self._added = [0] * leaves

    def add(self, span: Span, amount: int) -> None:
        """Add an amount, which may be negative, to all places of a span that has some."""
        first, end = span[0] + self._leaves, span[1] + self._leaves
        edges = first, end - 1
        while first < end:
            if first & 1:
                self._add_below(first, amount)
                first += 1
            if end & 1:
                end -= 1
                self._add_below(end, amount)
            first, end = first >> 1, end >> 1
        highest = self._highest
        for node in edges:
            while node := node >> 1:
                highest[node] = max(highest[2 * node], highest[2 * node + 1]) + self._added[node]

    def last_with(self, line: int) -> int | None:
        """The last place whose sum is at least ``line``, which is positive."""
        highest, node = self._highest, 1
        if highest[node] < line:
            return None
        while node < self._leaves:
            line -= self._added[node]
            node = 2 * node + (highest[2 * node + 1] >= line)
        return node - self._leaves

    def _add_below(self, node: int, amount: int) -> None:
        self._highest[node] += amount
        if node < self._leaves:
            self._added[node] += amount
