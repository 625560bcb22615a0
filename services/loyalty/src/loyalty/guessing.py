"""Counts what is looked up in vain, of a shop and with the tokens of one key, and limits it.

The counters are rows, so the limits hold over processes and restarts. They are locked while something is looked up:
requests that come together cannot try more between them. Above the limit the answer tells nothing of what was found.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from math import ceil

from mandegar.database import Row
from mandegar.web import Problem

PERIOD = timedelta(minutes=1)
# Behind ``INSERT INTO <counters> AS g``, in a statement with ``looked_up (found)``: $1 is the shop, $3 the instant, $4
# the counters and $5 the period. A counter whose period is over begins anew; so does one that begins later than any
# clock of a process can be.
COUNTED = """
    (shop, key_id, since, misses)
    SELECT $1, key_id, $3, CASE WHEN found THEN 0 ELSE 1 END FROM unnest($4::text[]) AS w(key_id), looked_up
    ORDER BY key_id
    ON CONFLICT (shop, key_id) DO UPDATE SET
        since = CASE WHEN g.since > $3 - $5::interval AND g.since < $3 + $5::interval THEN g.since ELSE $3 END,
        misses = excluded.misses + CASE
            WHEN g.since > $3 - $5::interval AND g.since < $3 + $5::interval THEN g.misses ELSE 0 END
    RETURNING key_id, since, misses
"""


def require_few(counters: Sequence[Row], limits: Mapping[str, int], now: datetime, refusal: tuple[str, str]) -> None:
    """Raise a 429 problem if a counter is above its limit. ``refusal`` is its code and its title."""
    exceeded = [row["since"] for row in counters if row["misses"] > limits[row["key_id"]]]
    if exceeded:
        seconds = ceil((max(exceeded) + PERIOD - now).total_seconds())
        code, title = refusal
        raise Problem(
            429, code, title, "Nothing is looked up until then", headers={"Retry-After": str(max(seconds, 1))}
        )
