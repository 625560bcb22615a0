"""Counts what is looked up in vain, by one who asks and of a shop, and limits it.

The counters are rows, so the limits hold over processes and restarts. They are locked while something is looked up:
requests that come together cannot try more between them. Above the limit the answer tells nothing of what was found.
What is asked above the limit of who asks does not count for the shop: one who tries without end locks out nobody else.
"""

import json
from datetime import datetime, timedelta
from hashlib import sha256
from math import ceil
from typing import NamedTuple

from loyalty.settings import LoyaltySettings
from mandegar.database import Row, WorkerConnection
from mandegar.service.parts import Expiry
from mandegar.tokens import Principal
from mandegar.web import Problem

PERIOD = timedelta(minutes=1)
# How long counters stay, and how many one statement deletes: each token of a till has one.
_KEPT = timedelta(hours=1)
_ROWS_AT_ONCE = 1_000
_IN_PERIOD = "g.since > $3 - $5::interval AND g.since < $3 + $5::interval"


class Limits(NamedTuple):
    """How much may be looked up in vain within the period: by one who asks, and of their shop."""

    own: int
    of_shop: int


def asker(who: Principal) -> str:
    """Who is counted: a till, by the id of its token. Tokens without one are all those of their key. Neither has a
    fixed length.
    """
    return sha256(json.dumps([who.key_id, who.token_id]).encode()).hexdigest()


def counters_expire(name: str, counters: str) -> Expiry[LoyaltySettings]:
    """Deletes old rows of the table ``counters``."""
    delete = f"""
        WITH gone AS (
            DELETE FROM {counters}
            WHERE ctid = ANY(ARRAY(SELECT ctid FROM {counters} WHERE since < $1 LIMIT $2)) AND since < $1
            RETURNING 1
        )
        SELECT count(*) FROM gone
    """  # noqa: S608  constants

    async def expire(connection: WorkerConnection, now: datetime, _: LoyaltySettings) -> int:
        deleted: int = await connection.fetchval(delete, now - _KEPT, _ROWS_AT_ONCE)
        return deleted

    return Expiry(name, expire)


def counted(counters: str, looked_up: str) -> str:
    """The statement that runs ``looked_up`` and counts it by its column ``found`` in the table ``counters``.

    $1 is the shop, $3 the instant, $4 who asks, $5 the period and $6 the limit of who asks; ``looked_up`` has $2 and
    what is behind $6. A row has its columns and what ``require_few`` reads. A counter whose period is over begins anew;
    so does one that begins later than any clock of a process can be.
    """
    own = _counting(counters, "$4", "looked_up")
    of_shop = _counting(counters, "''", "looked_up, own WHERE own.misses <= $6")
    return f"""
        WITH looked_up AS ({looked_up}), own AS ({own}), of_shop AS ({of_shop})
        SELECT own.since, own.misses, s.since AS since_of_shop, s.misses AS misses_of_shop, l.*
        FROM looked_up l CROSS JOIN own LEFT JOIN of_shop s ON true
    """  # noqa: S608  constants


def _counting(counters: str, key: str, source: str) -> str:
    return f"""
        INSERT INTO {counters} AS g (shop, key_id, since, misses)
        SELECT $1, {key}, $3, CASE WHEN found THEN 0 ELSE 1 END FROM {source}
        ON CONFLICT (shop, key_id) DO UPDATE SET
            since = CASE WHEN {_IN_PERIOD} THEN g.since ELSE $3 END,
            misses = excluded.misses + CASE WHEN {_IN_PERIOD} THEN g.misses ELSE 0 END
        RETURNING since, misses
    """  # noqa: S608  constants


def require_few(counters: Row, limits: Limits, now: datetime, refusal: tuple[str, str]) -> None:
    """Raise a 429 problem if a counter is above its limit. ``refusal`` is its code and its title."""
    if counters["misses"] > limits.own:
        since: datetime = counters["since"]
    elif counters["misses_of_shop"] > limits.of_shop:
        since = counters["since_of_shop"]
    else:
        return
    seconds = ceil((since + PERIOD - now).total_seconds())
    code, title = refusal
    raise Problem(429, code, title, "Nothing is looked up until then", headers={"Retry-After": str(max(seconds, 1))})
