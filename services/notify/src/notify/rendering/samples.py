"""A sample customer and sample data of triggering events, for previews and for checking templates."""

from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from notify.domain.language import Language
from notify.domain.quiet_hours import zone_of
from notify.rendering.message import Recipient

_NAMES: dict[Language, str] = {"fa": "سارا محمدی", "en": "Sara Mohammadi"}
_POINTS = 1240


def sample_recipient(language: Language, zone: str, now: datetime, *, stops_by_reply: bool) -> Recipient:
    """A customer with a name, points and a purchase of some weeks ago; in UTC if ``zone`` is not valid."""
    valid = zone_of(zone) or ZoneInfo("UTC")
    return Recipient(_NAMES[language], language, valid, _POINTS, None, now - timedelta(days=52), stops_by_reply)


def sample_facts(event: str, now: datetime) -> dict[str, Any]:
    """The data of an event that templates show."""
    if event == "points.expiring":
        return {"points": _POINTS, "expires_at": now + timedelta(days=14)}
    if event == "till.code_issued":
        return {"code": "482913", "points": _POINTS, "expires_at": now + timedelta(minutes=3)}
    if event == "customer.won_back":
        return {"won_back_at": now - timedelta(hours=2)}
    return {}
