"""Cursors of the lists: time and id of the last row, as one text."""

from datetime import UTC, datetime
from uuid import UUID

from mandegar.web import Problem

BEFORE = "Where the page begins: `next_before` of the previous page, or an RFC 3339 time"

Cursor = tuple[datetime, UUID]


def write_cursor(time: datetime, id_: UUID) -> str:
    """The ``before`` of the page that begins behind this row."""
    return f"{time.astimezone(UTC).isoformat().replace('+00:00', 'Z')}~{id_}"


def read_cursor(text: str | None) -> Cursor | None:
    """The cursor in a query parameter; raises ``Problem`` 422 if it is neither a cursor nor a time."""
    if text is None:
        return None
    written_time, _, written_id = text.partition("~")
    try:
        time = datetime.fromisoformat(written_time)
        id_ = UUID(written_id) if written_id else UUID(int=0)
        return (time if time.tzinfo else time.replace(tzinfo=UTC)).astimezone(UTC), id_
    except (ValueError, OverflowError):
        raise Problem(
            422, "invalid", "before must be the next_before of a previous answer, or an RFC 3339 time"
        ) from None
