"""One comparison: reads the shop's records, and walks each account under both programmes."""

from collections.abc import Callable
from typing import Any

from loyalty.comparing.months import CALENDARS, months_of
from loyalty.comparing.plots import plots_of
from loyalty.comparing.request import Request
from loyalty.comparing.rules import Comparison
from loyalty.recorded.accounts import RecordedShop, recorded_shop
from loyalty.recorded.read import Log
from mandegar.calendar import shop_days

READING, WALKING = "reading", "walking"


async def compare(request: Request, progress: Callable[[str, int, int], None]) -> dict[str, Any]:
    """The result, as JSON has it. ``progress`` is called with what is being done, how much of it, and of how much."""
    where = Log(request.broker, request.prefix, request.partitions)

    def read(done: int, total: int) -> None:
        progress(READING, done, total)

    async with recorded_shop(where, request.shop, read, commands=request.commands) as shop:
        result = {"records": shop.records, "events": shop.events, **walk_both(shop, request, progress)}
    return result | {"plots": {calendar: plots_of(months_of(result["days"], calendar)) for calendar in CALENDARS}}


def walk_both(shop: RecordedShop, request: Request, progress: Callable[[str, int, int], None]) -> dict[str, Any]:
    """Compare page by page."""
    before, after, zones = request.programmes(request.before), request.programmes(request.after), request.calendars()
    comparison = Comparison(shop_days(request.zones[-1].zone), request.since)
    for number, page in enumerate(shop.pages()):
        progress(WALKING, number, shop.page_count)
        for key, account in page.items():
            timelines = account.at(before, zones, request.now), account.at(after, zones, request.now)
            comparison.add(key.customer_id, *timelines)
    progress(WALKING, shop.page_count, shop.page_count)
    return comparison.result(request.value_per_point, request.value_per_point)
