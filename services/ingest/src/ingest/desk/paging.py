"""Where a listing goes on: the instant and id of the last row, as one short text."""

from datetime import UTC, datetime
from uuid import UUID

from mandegar.web import Problem

Cursor = tuple[datetime, UUID]


def write_cursor(instant: datetime, id_: UUID) -> str:
    """The text for ``before`` that goes on behind this row."""
    return f"{instant.astimezone(UTC).isoformat().replace('+00:00', 'Z')}~{id_}"


def read_cursor(text: str | None) -> Cursor | None:
    """The cursor in a query parameter, which may also be a bare RFC 3339 time; 422 for anything else."""
    if text is None:
        return None
    instant, _, id_ = text.partition("~")
    try:
        time = datetime.fromisoformat(instant)
        last = UUID(id_) if id_ else UUID(int=0)
        return (time if time.tzinfo else time.replace(tzinfo=UTC)).astimezone(UTC), last
    except (ValueError, OverflowError):
        raise Problem(422, "invalid", "before must be a time, or the next_before of an answer") from None
