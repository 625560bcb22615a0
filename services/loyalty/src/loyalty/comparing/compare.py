"""One comparison: reads the shop's records, and walks each account under both programmes."""

from collections.abc import Callable
from contextlib import closing
from decimal import Decimal
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from loyalty.comparing.budgets import Budgets, with_grants
from loyalty.comparing.guarded import findings_of
from loyalty.comparing.months import CALENDARS, months_of
from loyalty.comparing.plots import plots_of
from loyalty.comparing.request import Request
from loyalty.comparing.rules import Comparison
from loyalty.domain.programme import Programme, in_force
from loyalty.recorded.accounts import RecordedShop, recorded_shop
from loyalty.recorded.commands import Commands
from loyalty.recorded.read import ActsOf
from mandegar.calendar import shop_days
from mandegar.rebuild.topic_records import Log

READING, BUDGETS, WALKING = "reading", "budgets", "walking"


async def compare(request: Request, progress: Callable[[str, int, int], None]) -> dict[str, Any]:
    """The result, as JSON has it. ``progress`` is called with what is being done, how much of it, and of how much."""
    where = Log(request.broker, request.prefix, request.partitions)
    acts = ActsOf(request.acts, request.calendars()) if request.acts else None

    def read(done: int, total: int) -> None:
        progress(READING, done, total)

    commands = Commands() if request.commands else None
    async with recorded_shop(where, request.shop, read, acts, commands=commands) as shop:
        result = {"records": shop.records, "events": shop.events, **walk_both(shop, request, progress)}
    return result | {"plots": {calendar: plots_of(months_of(result["days"], calendar)) for calendar in CALENDARS}}


def walk_both(shop: RecordedShop, request: Request, progress: Callable[[str, int, int], None]) -> dict[str, Any]:
    """Compare page by page. What a whole shop shares is decided before, for either side by itself."""
    before, after, zones = request.programmes(request.before), request.programmes(request.after), request.calendars()
    days = shop_days(request.zones[-1].zone)
    comparison = Comparison(days, request.since)
    with (
        TemporaryDirectory(prefix="mandegar-budgets-") as directory,
        closing(Budgets(Path(directory, "before"), before, zones, request.now)) as spent_before,
        closing(Budgets(Path(directory, "after"), after, zones, request.now)) as spent_after,
    ):
        for spent in (spent_before, spent_after):
            spent.decide(shop, lambda done, total: progress(BUDGETS, done, total))
        for number, page in shop.some_pages(range(shop.page_count)):
            progress(WALKING, number, shop.page_count)
            given_before, given_after = spent_before.grants(number), spent_after.grants(number)
            for key, account in page.items():
                name = key.customer_id
                was = with_grants(account, given_before.get(name, ())).at(before, zones, request.now)
                comparison.add(name, was, with_grants(account, given_after.get(name, ())).at(after, zones, request.now))
        budgets = {"before": spent_before.ends(days.day_of), "after": spent_after.ends(days.day_of)}
    progress(WALKING, shop.page_count, shop.page_count)
    result = comparison.result(value_of(before, request), value_of(after, request))
    return result | {"budgets": budgets, "guards": findings_of(result, in_force(after, request.now), days, request.now)}


def value_of(programmes: tuple[Programme, ...], request: Request) -> Decimal | None:
    """What a point is worth: as the request says, else as the programme in force does."""
    if request.value_per_point is not None:
        return request.value_per_point
    return in_force(programmes, request.now).point_value
