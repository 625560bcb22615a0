"""The invariants of sends, for tests and for ``python -m notify check``."""

from datetime import timedelta

from mandegar.database import Connection
from mandegar.database.invariants import Violation
from notify.domain.journey import TRANSACTIONAL, send_id
from notify.settings import NotifySettings

INVARIANTS = {
    "a send that did not go out has a reason": """
        SELECT send_id FROM sends WHERE state IN ('withheld', 'refused', 'unknown') AND reason IS NULL LIMIT $1
    """,
    "exactly the sends in state sending have a lease": """
        SELECT send_id FROM sends WHERE (state = 'sending') <> (lease_until IS NOT NULL) LIMIT $1
    """,
    "a send that may have arrived was attempted": """
        SELECT send_id FROM sends
        WHERE state IN ('sending', 'sent', 'unknown') AND (attempt < 1 OR attempted_at IS NULL) LIMIT $1
    """,
    "no send was attempted after its deadline": """
        SELECT send_id FROM sends
        WHERE state IN ('sending', 'sent', 'unknown') AND attempted_at >= no_later_than LIMIT $1
    """,
    "exactly the decided sends have the instant of the decision": """
        SELECT send_id FROM sends
        WHERE (state IN ('sent', 'refused', 'withheld', 'unknown')) <> (decided_at IS NOT NULL) LIMIT $1
    """,
    "an alias has no sends": """
        SELECT s.send_id FROM sends s JOIN customers c USING (shop, customer_id)
        WHERE c.merged_into IS NOT NULL LIMIT $1
    """,
    "an erased customer has no sends": """
        SELECT s.send_id FROM sends s JOIN customers c USING (shop, customer_id)
        WHERE c.erased_at IS NOT NULL LIMIT $1
    """,
}

_WINDOWS = "ORDER BY attempted_at RANGE BETWEEN $1::interval PRECEDING AND CURRENT ROW"
# What an alias was sent before the merge was none of the root's then: a merged customer is checked from there on.
_CUSTOMERS_OVER_CAP = f"""
    SELECT DISTINCT shop, customer_id FROM (
        SELECT shop, customer_id, attempted_at, max(merged_at) OVER (PARTITION BY shop, customer_id) AS merged_at,
            count(*) OVER (PARTITION BY shop, customer_id {_WINDOWS}) AS messages
        FROM sends WHERE state IN ('sending', 'sent', 'unknown') AND cause_type <> ALL($3::text[])
    ) AS windows WHERE messages > $2 AND (merged_at IS NULL OR attempted_at > merged_at)
"""  # noqa: S608  a constant
_ADDRESSES_OVER_CAP = f"""
    SELECT DISTINCT shop, address_id FROM (
        SELECT shop, address_id, count(*) OVER (PARTITION BY shop, address_id {_WINDOWS}) AS messages
        FROM sends WHERE state IN ('sending', 'sent', 'unknown') AND address_id IS NOT NULL
            AND cause_type <> ALL($3::text[])
    ) AS windows WHERE messages > $2
"""  # noqa: S608  a constant


async def broken_caps_and_ids(connection: Connection, settings: NotifySettings) -> list[Violation]:
    """Who got more than the cap allows, as a customer or at an address, and sends whose id does not follow from their
    cause."""
    almost = timedelta(days=settings.cap_days) - timedelta(microseconds=1)
    cap = (almost, settings.cap_messages, sorted(TRANSACTIONAL))
    customers = await connection.fetch(_CUSTOMERS_OVER_CAP, *cap)
    addresses = await connection.fetch(_ADDRESSES_OVER_CAP, *cap)
    found = [Violation("no customer gets more messages than the cap", f"{shop}:{who}") for shop, who in customers]
    found += [Violation("no address gets more messages than the cap", f"{shop}:{who}") for shop, who in addresses]
    sends = await connection.fetch("SELECT send_id, journey, cause_id, channel FROM sends")
    return found + [
        Violation("the id of a send follows from journey, cause and channel", str(row["send_id"]))
        for row in sends
        if row["send_id"] != send_id(row["journey"], row["cause_id"], row["channel"])
    ]
