"""A shop that changes its zone: what has expired stays expired, nobody is warned twice, and every last day stays."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

from hypothesis import given
from hypothesis import strategies as st

from builders.accounts import at, paid, programme, refund, tell
from loyalty.domain.account import Account
from loyalty.domain.lots import EXPIRE
from loyalty.domain.programme import Tier
from loyalty.domain.settled import Settled
from loyalty.domain.zones import ShopZones, always
from mandegar.calendar import shop_days
from mandegar.quantities import DAY_US, from_us, to_us

ZONES = ("Asia/Tehran", "Europe/Berlin", "Europe/London", "Pacific/Auckland", "America/Los_Angeles", "Africa/Cairo")
TIERS = (Tier("everybody", Decimal(0), Decimal(1)),)
RULES = (programme(hold_days=3, expiry_days=5, warn_days=2, tiers=TIERS),)


def zones(*periods: tuple[float, str]) -> ShopZones:
    return ShopZones([(at(days), shop_days(zone)) for days, zone in periods])


def account() -> Account:
    """100 points on 1 March at 9:00 UTC, usable until the end of 9 March."""
    account = Account({})
    tell(account, "o", paid("p", 0, 1000))
    return account


def settle(account: Account, periods: ShopZones, instant: datetime) -> Settled:
    return account.settle(RULES, periods, to_us(instant))


def test_a_warning_is_not_given_again_when_the_midnight_moves() -> None:
    one, berlin = account(), zones((0, "Europe/Berlin"))
    warned = settle(one, berlin, datetime(2026, 3, 8, 12, tzinfo=UTC)).warnings
    moved = zones((0, "Europe/Berlin"), (7.5, "Europe/London"))
    tell(one, "later", paid("l", 7.6, 500))
    late = [settle(one, moved, datetime(2026, 3, 9, 23, minute, tzinfo=UTC)) for minute in (0, 30, 59)]
    gone = settle(one, moved, datetime(2026, 3, 10, tzinfo=UTC))

    assert [(from_us(warning.expires_at).hour, warning.points) for warning in warned] == [(23, 100)]
    assert [settled.warnings for settled in late] == [[], [], []]
    assert [settled.balance.available for settled in late] == [100, 100, 100]
    assert [(entry.key[0], entry.points) for entry in gone.entries] == [(EXPIRE, -100)]


def test_a_warning_is_remembered_until_the_moved_midnight_though_a_late_order_arrives() -> None:
    rules = (programme(hold_days=3, expiry_days=5, warn_days=1, tiers=TIERS),)
    one, moved = account(), zones((0, "Europe/Berlin"), (8.1, "Europe/London"))

    def warned(day: int, hour: int, minute: int = 0) -> list[int]:
        settled = one.settle(rules, moved, to_us(datetime(2026, 3, day, hour, minute, tzinfo=UTC)))
        return [warning.points for warning in settled.warnings]

    assert warned(9, 1) == [100]
    assert warned(9, 23, 10) == []
    tell(one, "late", paid("late", 0.1, 500))
    assert warned(9, 23, 30) == []


def test_points_that_have_expired_stay_expired() -> None:
    one, tehran = account(), zones((0, "Asia/Tehran"))
    midnight = datetime(2026, 3, 9, 20, 30, tzinfo=UTC)
    gone = settle(one, tehran, midnight)
    since = (midnight + timedelta(minutes=1) - from_us(at(0))) / timedelta(days=1)
    moved = zones((0, "Asia/Tehran"), (since, "Europe/London"))
    after = [settle(one, moved, midnight + timedelta(minutes=minutes)) for minutes in (1, 60, 209, 211, 3000)]

    assert gone.balance.available == 0
    assert [(settled.entries, settled.balance.available) for settled in after] == [([], 0)] * 5


def test_a_new_zone_moves_the_midnight_and_not_the_day() -> None:
    paid_at = to_us(datetime(2026, 3, 1, 22, tzinfo=UTC))  # 2 March in Tehran
    change = to_us(datetime(2026, 3, 3, tzinfo=UTC))
    moved = ShopZones([(paid_at - DAY_US, shop_days("Asia/Tehran")), (change, shop_days("Europe/London"))])

    assert from_us(moved.expiry(paid_at, paid_at, 5).at) == datetime(2026, 3, 8, tzinfo=UTC)  # after 7 March
    assert from_us(always(shop_days("Europe/London")).expiry(paid_at, paid_at, 5).at) == datetime(
        2026, 3, 7, tzinfo=UTC
    )


def test_a_day_that_is_over_in_the_new_zone_ends_with_the_change() -> None:
    """In Auckland it is 10 March already, 12 hours before Berlin's midnight."""
    paid_at = to_us(datetime(2026, 3, 4, 9, tzinfo=UTC))
    change = to_us(datetime(2026, 3, 9, 14, tzinfo=UTC))
    moved = ShopZones([(paid_at, shop_days("Europe/Berlin")), (change, shop_days("Pacific/Auckland"))])

    assert moved.expiry(paid_at, paid_at, 5).at == change


ACTS = st.lists(
    st.tuples(st.integers(1, 70), st.sampled_from(["order", "order", "refund", "zone", "zone", "wait"]),
              st.sampled_from(ZONES), st.integers(0, 9)),
    min_size=2, max_size=30,
)  # fmt: skip


@given(ACTS)
def test_any_changes_of_zone_rewrite_nothing_and_warn_once(acts: list[tuple[int, str, str, int]]) -> None:
    """Orders have different powers of two as points, so that each warning tells of whose points it is."""
    one, now, orders = Account({}), from_us(at(0)), 0
    periods = [(at(-1), shop_days("Asia/Tehran"))]
    expired: dict[str, int] = {}
    warned: list[int] = []

    def settled() -> Settled:
        result = settle(one, ShopZones(periods), now)
        for entry in result.entries:
            if entry.key[0] == EXPIRE and not entry.key[2]:
                assert entry.points < 0, "points that had expired came back"
                assert entry.order_id not in expired
                expired[entry.order_id] = entry.at
        for warning in result.warnings:
            assert not any(warning.points & before for before in warned), "points were announced twice"
            warned.append(warning.points)
        return result

    for hours, kind, zone, which in acts:
        now += timedelta(hours=hours)
        if kind == "zone":
            settled()
            periods.append((to_us(now), shop_days(zone)))
            assert all(entry.key[0] == EXPIRE and entry.at == to_us(now) for entry in settled().entries)
        elif kind == "order":
            days = (now - from_us(at(0))) / timedelta(days=1)
            tell(one, f"o{orders}", paid(f"p{orders}", days, 10 * 2**orders))
            orders += 1
        elif kind == "refund" and which < orders:
            days = (now - from_us(at(0))) / timedelta(days=1)
            if f"o{which}" not in expired and not any(2**which & before for before in warned):
                tell(one, f"o{which}", refund(f"r{which}", days, 10 * 2**which))
        settled()
    now += timedelta(days=30)
    assert settled().balance.available == 0
    for order_id, gone_at in expired.items():
        first = one.orders[order_id].facts[0].at
        _ends_with_its_last_day(first, gone_at, periods)


def _ends_with_its_last_day(paid_at: int, gone_at: int, periods: list[tuple[int, object]]) -> None:
    """By the calendars of the wall: the last day was over in the zone in force, and not a moment before."""
    names = [(begin, calendar.zone) for begin, calendar in periods]  # type: ignore[attr-defined]
    counted = [zone for begin, zone in names if begin < paid_at][-1]
    last = (from_us(paid_at) + timedelta(days=3)).astimezone(counted).date() + timedelta(days=5)
    before = [zone for begin, zone in names if begin < gone_at][-1]
    since = [zone for begin, zone in names if begin <= gone_at][-1]
    assert from_us(gone_at - 1).astimezone(before).date() <= last
    assert max(_date(gone_at, before), _date(gone_at, since)) > last


def _date(instant: int, zone: ZoneInfo) -> object:
    return from_us(instant).astimezone(zone).date()
