"""Parts of the figures by segment, as the last snapshot has them."""

from datetime import date

from churn.domain.dimensions import ever_of, value_of
from churn.domain.kpis import months_of
from churn.kpis.answers import Asked, Part, Parts
from churn.kpis.schemas import SegmentOfPart
from churn.kpis.segment_rows import segments_of_months
from mandegar.calendar import shop_days
from mandegar.database import ReadConnection
from mandegar.quantities import to_us
from mandegar.web import Problem


async def segment_parts(
    connection: ReadConnection, asked: Asked, value: str | None, months: range, window: int
) -> Parts:
    """The largest segments, or the one that is asked for. Which months are over is told as of the snapshot.

    Raises a 404 problem for a segment that is not in force.
    """
    name = None if value is None else value_of(value) or ""
    taken = await segments_of_months(connection, asked.shop.shop, asked.calendar, name, months, window)
    if taken is None:
        return Parts("awaited", None, [])
    if name is not None and not taken.parts:
        if taken.current:
            raise Problem(404, "unknown_segment", "The shop has no such segment", "GET /v1/segments lists them")
        return Parts("awaited", None, [])
    today = date.fromordinal(shop_days(asked.shop.zone).day_of(to_us(taken.at)))
    parts = [
        Part(
            each.name,
            ever_of(each.counts),
            months_of(each.counts, months[0], months[-1], window),
            SegmentOfPart(version=each.version, members=each.members_now, members_at_snapshot=each.members_then),
        )
        for each in taken.parts
    ]
    return Parts("snapshot", asked._replace(today=today, as_of=taken.at), parts)
