"""What sums of entries say of a shop's books."""

from decimal import Decimal
from typing import get_args

import pytest

from loyalty.domain.books import (
    Cohort,
    balance_of_sums,
    breakage_of,
    in_money,
    liability,
    movements_of,
)
from loyalty.domain.posting import Entry, moved_by
from mandegar.events.loyalty import EntryKind

TRANSFERS = {"transfer"}


@pytest.mark.parametrize("bucket", ["pending", "available", "held", "taken", "debt"])
@pytest.mark.parametrize("kind", sorted(set(get_args(EntryKind)) - TRANSFERS))
def test_each_kind_of_entry_moves_the_liability_as_its_column_says(kind, bucket):
    """A kind that the books do not know would leave a gap between opening and closing."""
    moved = moved_by(Entry("o", (kind, bucket, ""), 7, 0, 0))
    if bucket not in _BUCKETS_OF.get(kind, ()):
        return

    assert movements_of({(kind, bucket): 7}).change == liability(moved)


_BUCKETS_OF = {
    "earn": ("pending",), "open": ("available",), "activate": ("available",), "repay": ("debt",),
    "expire": ("available",), "reverse": ("pending", "available", "debt"),
    "hold": ("held", "debt"), "release": ("available",), "spend": ("held", "available"),
    "adjust": ("available", "taken", "debt"),
}  # fmt: skip


def test_sums_of_any_size_stay_exact():
    sums = {("earn", "pending"): 10**24, ("activate", "available"): 10**24 - 1}

    assert balance_of_sums(sums)[:2] == (10**24 - 1, 1)


@pytest.mark.parametrize(
    ("cohorts", "entries", "has_a_share"), [(2, 1_000, False), (3, 33, False), (3, 34, True), (40, 1_000, True)]
)
def test_a_share_is_told_from_three_months_and_a_hundred_entries_on(cohorts, entries, has_a_share):
    past = [Cohort(f"{number}", 100, entries, 25) for number in range(cohorts)]

    breakage = breakage_of(past)

    assert (breakage is not None) is has_a_share
    if breakage is not None:
        assert (breakage.given, breakage.expired) == (min(cohorts, 36) * 100, min(cohorts, 36) * 25)


def test_what_is_expected_to_expire_is_the_share_of_what_was_given_less_what_has_expired():
    breakage = breakage_of([Cohort(f"{number}", 1_000, 100, 250) for number in range(3)])
    assert breakage is not None

    assert breakage.expected(Cohort("next", 1_000, 1, 0), 900) == 250
    assert breakage.expected(Cohort("next", 1_000, 1, 0), 100) == 100  # no more than is left
    assert breakage.expected(Cohort("now", 1_000, 1, 200), 900) == 50
    assert breakage.expected(Cohort("now", 1_000, 1, 300), 900) == 0


@pytest.mark.parametrize(
    ("points", "value", "money"),
    [(3, "0.5", "1.5"), (10, "0.1", "1"), (0, "1", "0"), (10**30, "1000", f"{10**33}"), (-2, "0.25", "-0.5")],
)
def test_money_is_exact_decimal_text(points, value, money):
    assert in_money(points, Decimal(value)) == money
