"""How long ago a visit was."""

from datetime import datetime

from mandegar.calendar import ShopDays
from mandegar.quantities import to_us


def days_since_last_visit(last_visit_at: datetime | None, now: datetime, days: ShopDays) -> int | None:
    """Calendar days of the shop between the last visit and now; zero on its day, None without a visit."""
    if last_visit_at is None:
        return None
    return max(0, days.day_of(to_us(now)) - days.day_of(to_us(last_visit_at)))
