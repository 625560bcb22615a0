"""A second opinion on the figures of each shop: every order of the topic, customer by customer and month by month."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from datetime import UTC, date, datetime, timedelta
from typing import Any, NamedTuple
from uuid import UUID
from zoneinfo import ZoneInfo

from persiantools.jdatetime import JalaliDate

from churn.domain.counting import Count, Counts, Place
from churn.domain.kpis import cohorts_of, ladder_of, months_of
from churn.domain.orders import Order
from faults.observed import Run
from faults.recompute.orders import orders_of
from mandegar.events import CustomerKey
from mandegar.events.orders import NOT_PAID
from mandegar.events.registry import ORDER_TYPES
from mandegar.events.topics import INGEST_EVENTS, LOYALTY_EVENTS
from mandegar.months import CALENDARS

WINDOWS = (1, 3)
LADDER = range(1, 20)
OF_ORDERS = ("cohort", "gap", "ladder")
VISITS = ("product.viewed", "product.searched", "cart.updated", "checkout.started", "customer.logged_in")
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


class Bought(NamedTuple):
    """An order that counts: the month in which it was paid, and its net in units."""

    month: int
    net: int


def wrong_figures(run: Run) -> Iterator[str]:
    """Figures of a shop that differ from what all orders of the topic come to."""
    set_aside = run.set_aside("churn")
    acts = [event for event in run.of(INGEST_EVENTS, *ORDER_TYPES) if event.id not in set_aside]
    zones = {CustomerKey(row["shop"], row["customer_id"]): row["zone"] for row in run.rows("churn", "customers")}
    orders = orders_of(acts, run.person)
    counts = _counts(run)
    visits = _visit_days(run, set_aside)
    members, parts = _members(run), _counts_of_members(run)
    for shop in sorted({customer.shop for customer in (*orders, *visits)} | {shop for shop, _ in counts}):
        for calendar in CALENDARS:
            people = [
                bought
                for customer, theirs in orders.items()
                if customer.shop == shop and (bought := _bought(theirs.values(), zones.get(customer), calendar))
            ]
            found = counts.get((shop, calendar), {})
            club = [
                bought
                for customer in members & orders.keys()
                if customer.shop == shop
                and (bought := _bought(orders[customer].values(), zones.get(customer), calendar))
            ]
            wrong = [f"of members: {each}" for each in wrong_months(club, parts.get((shop, calendar), {}))]
            wrong += [*differences(people, {place: found[place] for place in found if place.kind != "visit"})]
            days = [of for customer, of in visits.items() if customer.shop == shop]
            wrong += wrong_visitors([{_month_of_day(day, calendar) for day in of} for of in days], found)
            yield from (f"{shop}, {calendar}: {each}" for each in wrong)


def _counts(run: Run) -> Mapping[tuple[str, str], Counts]:
    rows = (*run.rows("churn", "kpi_sums"), *run.rows("churn", "kpi_changes"))
    return _summed(row for row in rows if row["kind"] in {*OF_ORDERS, "visit"})


def _summed(rows: Iterable[Mapping[str, Any]]) -> Mapping[tuple[str, str], Counts]:
    counts: defaultdict[tuple[str, str], Counts] = defaultdict(dict)
    for row in rows:
        place = Place(row["calendar"], row["kind"], row["one"], row["other"])
        count = Count(row["customers"], row["orders"], int(row["revenue"]), row["again"])
        mine = counts[row["shop"], row["calendar"]]
        mine[place] = mine[place].plus(count) if place in mine else count
    return counts


def _members(run: Run) -> set[CustomerKey]:
    """Everybody of whose points, credit or tier loyalty has told, under the id that was the last one."""
    set_aside = run.set_aside("churn.card")
    events = run.of(LOYALTY_EVENTS, "points.posted", "credit.posted", "tier.changed")
    told = (event for event in events if event.id not in set_aside)
    return {run.person(event) for event in told if getattr(event.data, "merged_into", None) is None}


def _counts_of_members(run: Run) -> Mapping[tuple[str, str], Counts]:
    rows = (*run.rows("churn", "kpi_part_sums"), *run.rows("churn", "kpi_part_changes"))
    return _summed(row for row in rows if row["dimension"] == "member")


def _visit_days(run: Run, set_aside: Collection[UUID]) -> Mapping[CustomerKey, set[date]]:
    """The days of UTC on which each person visited."""
    days: defaultdict[CustomerKey, set[date]] = defaultdict(set)
    for event in run.of(INGEST_EVENTS, *VISITS):
        if event.id not in set_aside:
            days[run.person(event)].add(event.time.astimezone(UTC).date())
    return days


def wrong_visitors(people: Sequence[Collection[int]], found: Counts) -> Iterator[str]:
    """Months whose visitors, or new visitors, are not those who came in them."""
    told = {place.one: (count.customers, count.orders) for place, count in found.items() if place.kind == "visit"}
    for month in sorted({month for months in people for month in months} | told.keys()):
        came = [months for months in people if month in months]
        if told.get(month, (0, 0)) != (len(came), sum(min(months) == month for months in came)):
            yield f"the visitors of month {month} are not those of the topic"


def _bought(orders: Any, zone: str | None, calendar: str) -> list[Bought]:
    paid = [order for order in orders if _is_bought(order)]
    return [Bought(_month(order.paid_at, zone or "UTC", calendar), order.total - order.refunded) for order in paid]


def _is_bought(order: Order) -> bool:
    taken_back = order.refunded and order.refunded >= order.total
    return not order.cancelled and order.paid_at != NOT_PAID and not taken_back


def _month(at_us: int, zone: str, calendar: str) -> int:
    return _month_of_day((EPOCH + timedelta(microseconds=at_us)).astimezone(ZoneInfo(zone)).date(), calendar)


def _month_of_day(of: date, calendar: str) -> int:
    day: Any = of
    if calendar == "jalali":
        day = JalaliDate(date(day.year, day.month, day.day))
    return int(day.year) * 12 + int(day.month) - 1


def wrong_months(people: Sequence[Sequence[Bought]], found: Counts) -> Iterator[str]:
    """Figures of months that are not those of some people's orders."""
    months = _months(people, found)
    if not months:
        return
    first, last = months[0], months[-1] + max(WINDOWS)
    moving = {month + later for month in months for later in range(max(WINDOWS) + 1)}
    for window in WINDOWS:
        for month in months_of(found, first, last, window):
            if month.number not in moving:
                continue
            expected = _figures(people, month.number, window)
            wrong = [name for name, value in expected.items() if getattr(month, name) != value]
            if wrong:
                yield f"{', '.join(wrong)} of month {month.number} are not those of the topic (window {window})"


def _months(people: Sequence[Sequence[Bought]], found: Counts) -> list[int]:
    """All months with orders, or with a count."""
    counted = {month for place in found for month in (place.one, place.other) if month and place.kind != "ladder"}
    return sorted({one.month for bought in people for one in bought} | counted)


def differences(people: Sequence[Sequence[Bought]], found: Counts) -> Iterator[str]:
    yield from wrong_months(people, found)
    months = _months(people, found)
    if not months:
        return
    first, last = months[0], months[-1] + max(WINDOWS)
    ladder = {rung.order: (rung.customers, rung.next) for rung in ladder_of(found)}
    for order in LADDER:
        expected_rung = tuple(sum(len(bought) >= number for bought in people) for number in (order, order + 1))
        if ladder.get(order, (0, 0)) != expected_rung:
            yield f"rung {order} of the ladder is not that of the topic"
    cohorts = {
        (cohort.number, cohort.number + since): (count.customers, count.orders, count.revenue)
        for cohort in cohorts_of(found, first, last, last)
        for since, count in enumerate(cohort.months)
        if count.customers
    }
    if cohorts != _cohorts(people):
        yield "the cohorts are not those of the topic"


def _figures(people: Sequence[Sequence[Bought]], month: int, window: int) -> dict[str, int]:
    """The figures of a month as docs/kpis.md words them."""
    here = [bought for bought in people if any(one.month == month for one in bought)]
    new = [bought for bought in here if min(one.month for one in bought) == month]
    at_start = [bought for bought in people if _is_current(bought, month - 1, window)]
    lost = [bought for bought in at_start if not _is_current(bought, month, window)]
    back = [bought for bought in here if not _is_current(bought, month - 1, window)]
    return {
        "customers": len(here),
        "new": len(new),
        "again": sum(sum(one.month <= month for one in bought) > 1 for bought in here),
        "orders": sum(one.month == month for bought in here for one in bought),
        "revenue": _spent(here, month, month),
        "new_revenue": _spent(new, month, month),
        "at_start": len(at_start),
        "lost": len(lost),
        "won_back": len(back) - len(new),
        "current": sum(_is_current(bought, month, window) for bought in people),
        "revenue_at_start": _spent(at_start, month - window, month - 1),
        "lost_revenue": _spent(lost, month - window, month - 1),
    }


def _is_current(bought: Sequence[Bought], month: int, window: int) -> bool:
    """Whether somebody is current at the end of a month."""
    return any(month - window < one.month <= month for one in bought)


def _spent(people: Sequence[Sequence[Bought]], first: int, last: int) -> int:
    return sum(one.net for bought in people for one in bought if first <= one.month <= last)


def _cohorts(people: Sequence[Sequence[Bought]]) -> dict[tuple[int, int], tuple[int, int, int]]:
    found: dict[tuple[int, int], tuple[int, int, int]] = {}
    for bought in people:
        cohort = min(one.month for one in bought)
        for month in {one.month for one in bought}:
            nets = [one.net for one in bought if one.month == month]
            customers, orders, revenue = found.get((cohort, month), (0, 0, 0))
            found[cohort, month] = (customers + 1, orders + len(nets), revenue + sum(nets))
    return found
