"""What must always hold in notify's database: the same checks run in tests and may run at any time."""

from datetime import timedelta

from notify.domain.journey import send_id
from shared.database import Connection

_ALWAYS = {
    "a message that did not go out says why": """
        SELECT send_id::text FROM sends WHERE state IN ('withheld', 'refused', 'unknown') AND reason IS NULL
    """,
    "what is being sent has a lease, and nothing else has one": """
        SELECT send_id::text FROM sends WHERE (state = 'sending') <> (lease_until IS NOT NULL)
    """,
    "what may have arrived was attempted": """
        SELECT send_id::text FROM sends
        WHERE state IN ('sending', 'sent', 'unknown') AND (attempt < 1 OR attempted_at IS NULL)
    """,
    "nothing was attempted after it was of use": """
        SELECT send_id::text FROM sends
        WHERE state IN ('sending', 'sent', 'unknown') AND attempted_at >= no_later_than
    """,
    "what is over says when": """
        SELECT send_id::text FROM sends
        WHERE (state IN ('sent', 'refused', 'withheld', 'unknown')) <> (decided_at IS NOT NULL)
    """,
}

_CAP = """
    SELECT DISTINCT shop || ':' || customer_id FROM (
        SELECT shop, customer_id, count(*) OVER (
            PARTITION BY shop, customer_id ORDER BY attempted_at RANGE BETWEEN $1::interval PRECEDING AND CURRENT ROW
        ) AS messages
        FROM sends WHERE state IN ('sending', 'sent', 'unknown')
    ) AS windows WHERE messages > $2
"""


async def violations(connection: Connection, *, cap_messages: int, cap_days: int) -> dict[str, list[str]]:
    """Each broken rule with the ids that break it; empty when all is well."""
    found = {rule: [row[0] for row in await connection.fetch(sql)] for rule, sql in _ALWAYS.items()}
    almost = timedelta(days=cap_days) - timedelta(microseconds=1)
    found["nobody gets more than the cap"] = [row[0] for row in await connection.fetch(_CAP, almost, cap_messages)]
    rows = await connection.fetch("SELECT send_id, journey, cause_id, channel FROM sends")
    found["one cause makes one send per journey and channel"] = [
        str(row["send_id"])
        for row in rows
        if row["send_id"] != send_id(row["journey"], row["cause_id"], row["channel"])
    ]
    return {rule: ids for rule, ids in found.items() if ids}
