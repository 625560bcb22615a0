"""How many customers a segment would have, from a sample of the shop's customers."""

from math import ceil, floor, sqrt
from typing import Final, NamedTuple

from churn.domain.customer import Terms
from churn.domain.segments.conditions import Condition
from churn.memberships.definitions import Definitions
from churn.memberships.states import facts_of
from churn.segments.read_rows import Sampled

SAMPLE_MAX: Final = 2_000
# Of the normal distribution: 95 of 100 lie within.
_Z: Final = 1.959964


class Size(NamedTuple):
    """The number of customers to expect, the interval around it, and how many of them lack a value."""

    customers: int
    at_least: int
    at_most: int
    unknown: int


def count_in(
    sampled: list[Sampled], condition: Condition, terms: Terms, of: Definitions, now_us: int
) -> tuple[int, int]:
    """How many of a sample are in a segment, and of how many that is unknown."""
    today, members, unknown = terms.days.day_of(now_us), 0, 0
    for customer, state, loyalty in sampled:
        answer = condition.test(facts_of(customer, state, terms, of, loyalty), today)
        members += answer is True
        unknown += answer is None
    return members, unknown


def size_of(members: int, unknown: int, sampled: int, customers: int) -> Size:
    """The size of a segment that has ``members`` of ``sampled`` customers, of ``customers`` in all.

    The interval is Wilson's for the part that was not looked at; of everybody it is the number itself.
    """
    if sampled >= customers or not sampled:
        return Size(members, members, members, unknown)
    share, rest = members / sampled, customers - sampled
    weight = _Z * _Z / sampled
    middle = (share + weight / 2) / (1 + weight)
    half = _Z * sqrt(share * (1 - share) / sampled + weight / (4 * sampled)) / (1 + weight)
    half *= sqrt(1 + sampled / rest)  # the rest has chance of its own, and varies the more the smaller it is
    at_least = members + floor(max(0.0, middle - half) * rest)
    at_most = members + ceil(min(1.0, middle + half) * rest)
    return Size(round(share * customers), at_least, at_most, round(unknown / sampled * customers))
