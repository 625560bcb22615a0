"""What a club that moves in brings along: points that customers had there, and tiers that they keep for a while."""

from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

from ingest.domain.customer_ids import own_id
from ingest.domain.event_time import EARLIEST, ahead_of, event_time
from ingest.domain.forms import OpeningForm, TierGrantForm
from ingest.domain.outcomes import Refused
from ingest.domain.pseudonyms import Pseudonyms
from ingest.domain.sources import Source
from mandegar.events.opening import POINTS_MAX, PointsOpened, TierGranted
from mandegar.events.written import is_written, trimmed
from mandegar.events.written_time import written_day, written_time
from mandegar.quantities import scaled

TIER_MAX = 60
LATEST = datetime(2200, 1, 1, tzinfo=UTC)
_DAY = timedelta(days=1)


def points(
    form: OpeningForm, source: Source, names: Pseudonyms, written: datetime, now: datetime, _left_out: list[str]
) -> PointsOpened:
    zone = source.shop.zone
    last_day, expires_at = None, None
    if form.expires_at not in (None, ""):
        last_day, expires_at = end_of(form.expires_at, "data.expires_at", zone)
    return PointsOpened(
        lot_id=names.of_order(own_id(form.lot_id, "data.lot_id")),
        points=_whole(form.points),
        earned_at=event_time(form.earned_at, zone=zone, now=now) if form.earned_at not in (None, "") else None,
        expires_at=None if last_day is not None else expires_at,
        last_day=last_day,
        written_at=ahead_of(written, now),
    )


def tier(
    form: TierGrantForm, source: Source, names: Pseudonyms, written: datetime, now: datetime, _left_out: list[str]
) -> TierGranted:
    name = trimmed(str(form.tier))
    if not 0 < len(name) <= TIER_MAX or not is_written(name):
        raise Refused("invalid_data", f"data.tier must be the name of a tier, of 1 to {TIER_MAX} characters")
    _, until = end_of(form.until, "data.until", source.shop.zone)
    return TierGranted(tier=names.word(name), until=until, written_at=ahead_of(written, now))


def _whole(amount: Decimal) -> int:
    if not amount.is_finite() or amount != amount.to_integral_value() or not 0 <= amount <= POINTS_MAX:
        raise Refused("bad_amount", f"data.points must be a whole number from 0 to {POINTS_MAX}")
    return scaled(amount, 0)


def end_of(written: str | float | None, field: str, zone: ZoneInfo) -> tuple[date | None, datetime]:
    """The last day, if a day without a time is stated, and the instant at which it ends in ``zone``, or the instant.

    Raises ``Refused``.
    """
    day = written_day(written) if isinstance(written, str) else None
    try:
        if day is not None:
            instant = datetime.combine(day + _DAY, time.min, tzinfo=zone).astimezone(UTC)
        else:
            instant = written_time(written if written is not None else "", zone=zone, now=LATEST)
    except (ValueError, OverflowError) as error:
        raise Refused("bad_time", f"{field} must be a day or an RFC 3339 time, such as 2027-03-20") from error
    if not EARLIEST <= instant < LATEST:
        raise Refused("bad_time", f"{field} must be from 1970 to 2199, in the Gregorian calendar")
    return day, instant
