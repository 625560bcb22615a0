"""What orders earn, when it may be used, when it goes, and what is taken back."""

from decimal import Decimal

from builders.accounts import (
    DAYS,
    TEHRAN,
    account_of,
    at,
    cancelled,
    paid,
    programme,
    refund,
    settle,
    snapshot,
    tell,
)
from loyalty.domain.posting import Balance
from loyalty.domain.programme import Tier
from mandegar.quantities import DAY_US

WITHOUT_HOLD = programme(hold_days=0, expiry_days=10)


def kinds(settled: object) -> list[tuple[str, str, int]]:
    return [(*entry.key[:2], entry.points) for entry in settled.entries]  # type: ignore[attr-defined]


def test_points_wait_until_the_hold_ends() -> None:
    account = account_of(a=(paid("p", 0, 255),))

    assert Balance(pending=25, lifetime=25) == settle(account, 13.9).balance
    assert Balance(available=25, lifetime=25) == settle(account, 14).balance


def test_the_next_due_instant_is_the_end_of_the_hold_then_the_warning_then_the_expiry() -> None:
    account = account_of(a=(paid("p", 0, 255),))
    expiry = DAYS.end_of(DAYS.day_of(at(14)) + 365)

    assert at(14) == settle(account, 0).due_at
    assert expiry - 14 * DAY_US == settle(account, 14).due_at
    warned = account.settle((programme(),), TEHRAN, expiry - 14 * DAY_US)
    assert [(25, expiry)] == [(warning.points, warning.expires_at) for warning in warned.warnings]
    assert expiry == warned.due_at
    gone = account.settle((programme(),), TEHRAN, expiry)
    assert Balance(lifetime=25) == gone.balance
    assert gone.due_at is None


def test_points_are_rounded_down_once_per_order() -> None:
    a_third = programme(points=Decimal(1), per=Decimal(3))

    assert settle(account_of(a=(paid("p", 0, "10.99"),)), 0, a_third).balance.pending == 3


def test_a_tier_multiplies_what_is_earned_after_it_was_reached() -> None:
    account = account_of(a=(paid("pa", 0, 1000),), b=(paid("pb", 1, 1000),))

    settled = settle(account, 1)

    assert settled.balance.pending == 100 + 150
    assert settled.tier == "silver"
    assert settled.tier_until == at(366), "one of the two orders still reaches the line when the first has left"


def test_the_tier_of_an_order_ignores_a_refund_that_came_after_it() -> None:
    account = account_of(a=(paid("pa", 0, 1000), refund("r", 2, 1000)), b=(paid("pb", 1, 1000),))

    settled = settle(account, 3)

    assert settled.balance.pending == 150
    assert settled.tier == "silver", "the second order alone reaches it"


def test_the_tier_ends_when_its_orders_leave_the_window() -> None:
    account = account_of(a=(paid("pa", 0, 1000),))
    first = settle(account, 0)
    last = settle(account, 365)

    assert first.tier_move is not None
    assert ("silver", "bronze", at(0)) == tuple(first.tier_move)
    assert last.tier_move is not None
    assert ("bronze", "silver", at(365)) == tuple(last.tier_move)


def test_a_partial_refund_takes_pending_points_first() -> None:
    account = account_of(a=(paid("p", 0, 100), refund("r", 1, 30)))

    settled = settle(account, 2)

    assert kinds(settled) == [("earn", "pending", 10), ("reverse", "pending", -3)]
    assert Balance(pending=7, lifetime=7) == settled.balance


def test_points_that_went_unused_count_as_taken_back_and_other_lots_keep_theirs() -> None:
    account = account_of(a=(paid("pa", 0, 100),), b=(paid("pb", 8, 40),))
    settle(account, 12, WITHOUT_HOLD)
    tell(account, "a", refund("r", 12, 100))

    settled = settle(account, 12, WITHOUT_HOLD)

    assert sorted(kinds(settled)) == [("expire", "available", 10), ("reverse", "available", -10)]
    assert Balance(available=4, lifetime=4) == settled.balance


def test_a_cancelled_order_that_is_opened_again_earns_again() -> None:
    account = account_of(a=(paid("p", 0, 100, 1), cancelled("c", 1, 2), snapshot("again", 2, 80, 3)))

    settled = settle(account, 3)

    assert kinds(settled) == [("earn", "pending", 10), ("reverse", "pending", -10), ("earn", "pending", 8)]


def test_an_increase_after_the_lot_has_expired_expires_at_once() -> None:
    account = account_of(a=(paid("p", 0, 100, 1), snapshot("more", 40, 200, 2)))

    assert Balance(lifetime=20) == settle(account, 41, WITHOUT_HOLD).balance


def test_a_late_order_corrects_the_later_one_with_a_dated_entry() -> None:
    account = account_of(b=(paid("pb", 10, 1000),))
    settle(account, 11)
    tell(account, "a", paid("pa", 1, 1000))

    settled = settle(account, 12)

    assert [(100, at(1), 0), (50, at(10), 1)] == [(entry.points, entry.at, entry.nth) for entry in settled.entries]


def test_an_earlier_payment_moves_the_end_of_the_hold_in_the_ledger_too() -> None:
    account = account_of(a=(snapshot("s", 0, 100, version=2), paid("p1", 1, 0)))
    settle(account, 15)
    tell(account, "a", paid("p2", 0, 0))

    settled = settle(account, 15)

    ends_of_hold = [(entry.points, entry.at, entry.nth) for entry in settled.entries if entry.key[0] == "activate"]
    assert ends_of_hold == [(-10, at(15), 1), (10, at(14), 2)]


def test_the_rules_of_an_order_are_those_in_force_when_it_was_paid() -> None:
    doubled = programme(version=2, effective_from=at(5), points=Decimal(2))
    account = account_of(a=(paid("pa", 4, 100), refund("r", 6, 50)), b=(paid("pb", 5, 100),))

    assert settle(account, 7, programme(), doubled).balance.pending == 5 + 20


def test_a_fact_of_the_future_counts_when_its_time_has_come() -> None:
    account = account_of(a=(paid("p", 1, 100),))
    early = settle(account, 0.5)

    assert (Balance(), at(1)) == (early.balance, early.due_at)
    assert settle(account, 1).balance.pending == 10


def test_time_never_goes_back() -> None:
    account = account_of(a=(paid("p", 0, 100),))
    settle(account, 20)

    assert settle(account, 1).entries == []


def test_a_programme_without_expiry_keeps_points_for_ever() -> None:
    forever = programme(expiry_days=None, tiers=(Tier("member", Decimal(0), Decimal(1)),))
    settled = settle(account_of(a=(paid("p", 0, 100),)), 4000, forever)

    assert (settled.balance.available, settled.next_expiry, settled.due_at) == (10, None, None)


def test_two_lots_of_one_day_are_warned_of_once() -> None:
    account = account_of(a=(paid("pa", 0, 100),), b=(paid("pb", 0.1, 50),))
    settle(account, 20)
    settled = settle(account, 370)

    assert [warning.points for warning in settled.warnings] == [15]
    assert settle(account, 371).warnings == []


def test_nobody_is_warned_of_history_whose_warning_is_long_past() -> None:
    assert settle(account_of(a=(paid("p", 0, 100),)), 370).warnings == []
    assert [warning.points for warning in settle(account_of(a=(paid("p", 0, 100),)), 366).warnings] == [10]


def test_nothing_is_announced_while_history_is_being_told() -> None:
    account = account_of(a=(paid("p", 0, 1000),))
    account.backfill_until = at(366)
    telling = settle(account, 365.6)
    told = settle(account, 366)

    assert (None, [], at(366)) == (telling.tier_move, telling.warnings, telling.due_at)
    assert [warning.points for warning in told.warnings] == [100]


def test_the_first_tier_of_a_new_programme_is_no_news_to_a_new_customer() -> None:
    renamed = programme(version=2, effective_from=at(-1), tiers=(Tier("member", Decimal(0), Decimal(1)),))

    assert settle(account_of(a=(paid("p", 0, 100),)), 1, programme(), renamed).tier_move is None


def test_orders_of_one_instant_come_to_the_same_whichever_is_told_first() -> None:
    a, b = (paid("pa", 0, 100), refund("ra", 20, 100)), (paid("pb", 0, 40), refund("rb", 20, 40))
    one, other = account_of(a=a, b=b, c=(paid("pc", 20, 90),)), account_of(c=(paid("pc", 20, 90),), b=b, a=a)

    posted = [{(e.order_id, e.key): e.points for e in settle(each, 60, WITHOUT_HOLD).entries} for each in (one, other)]

    assert posted[0] == posted[1]
