"""Finds conditions that no customer can ever fulfil."""

from collections.abc import Callable, Iterator
from typing import TypeAlias

from churn.domain.segments.conditions import Ago, All, Between, During, Known, Leaf, OneOf
from churn.domain.segments.fields import FIELDS

# What bounds of leaves have to be compared with each other.
_Group: TypeAlias = tuple[object, ...]


def why_impossible(leaf: Leaf) -> str | None:
    """Why no customer fulfils this, whatever else is asked; None if one may."""
    match leaf:
        case Between(field, lowest, highest):
            least = FIELDS[field].lowest
            if lowest is not None and highest is not None and lowest > highest:
                return "no number is that large and that small at once"
            if highest is not None and least is not None and highest < least:
                return f"{field} is never below {least}"
        case Ago(_, unit, _, lowest, highest) if highest is not None and lowest > highest:
            return f"nothing is that many {unit} ago, and that few"
        case During(_, first, end) if first >= end:
            return "no day is that late and that early"
        case Known(field, known=False) if FIELDS[field].kind == "number" and _always_known(field):
            return f"{field} is always known: it is 0 where nothing has happened"
    return None


def contradiction(node: All) -> str | None:
    """Why no customer fulfils all of these together, as far as the bounds of each field tell; None if one may."""
    leaves = list(_together(node))
    for group in dict.fromkeys(map(_group, leaves)):
        some = [leaf for leaf in leaves if _group(leaf) == group]
        if len(some) > 1 and not _meet(some):
            return f"no customer fulfils all that is asked of {some[0].field} here"
    for leaf in leaves:
        if leaf == Known(leaf.field, known=False) and any(one.field == leaf.field and one != leaf for one in leaves):
            return f"{leaf.field} is not known here, and nothing else can be asked of it"
    return None


def _always_known(field: str) -> bool:
    return field in {"orders", "days_with_orders", "visits", "tickets", "open_tickets"}


def _together(node: All) -> Iterator[Leaf]:
    for each in node.of:
        if isinstance(each, All):
            yield from _together(each)
        elif isinstance(each, Between | Ago | During | OneOf | Known):
            yield each


def _group(leaf: Leaf) -> _Group:
    if isinstance(leaf, Ago):
        return (Ago, leaf.field, leaf.unit, leaf.calendar)
    return (type(leaf), leaf.field)


def _meet(leaves: list[Leaf]) -> bool:
    """Whether something fulfils all of these leaves of one group."""
    words = [leaf.words for leaf in leaves if isinstance(leaf, OneOf)]
    if words:
        return bool(frozenset.intersection(*words))
    if isinstance(leaves[0], Known):
        return len(set(leaves)) == 1
    lowest, highest = _tightest(leaves, max, 0), _tightest(leaves, min, 1)
    return lowest is None or highest is None or lowest <= highest


def _tightest(leaves: list[Leaf], of: Callable[[list[int]], int], which: int) -> int | None:
    bounds = [bound for leaf in leaves if (bound := _bounds(leaf)[which]) is not None]
    return of(bounds) if bounds else None


def _bounds(leaf: Leaf) -> tuple[int | None, int | None]:
    match leaf:
        case Between(_, lowest, highest) | Ago(_, _, _, lowest, highest):
            return lowest, highest
        case During(_, first, end):
            return first, end - 1
    return None, None
