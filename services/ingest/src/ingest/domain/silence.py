"""Whether a source that usually sends has gone silent: by its own rhythm, in the same stretch of earlier weeks."""

from collections.abc import Sequence
from datetime import datetime, timedelta

WEEKS = 8
# A source that is younger has no rhythm yet.
_WEEKS_MIN = 3
# Fewer events in a stretch of a week may be missing by chance.
_EVENTS_MIN = 10
# Weeks in which it may have been as silent: holidays, which no week has in common with another.
_HOLIDAYS_MAX = 2
# Whoever is silent for longer has left, or is told to close the source.
_NEWS_FOR = timedelta(weeks=2)


def is_silent(since: datetime, now: datetime, weeks: Sequence[int]) -> bool:
    """Whether a silence since then is unusual.

    ``weeks`` has the events that came in the same stretch of each earlier week in which the source was there, at most
    eight. A shop that sleeps at night has none in it, and so has one whose sales are few.
    """
    if len(weeks) < _WEEKS_MIN or now - since > _NEWS_FOR:
        return False
    busy = sum(events >= _EVENTS_MIN for events in weeks)
    return busy >= max(_WEEKS_MIN, len(weeks) - _HOLIDAYS_MAX)
