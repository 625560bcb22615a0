"""Invariants of histories, for tests and operators."""

from typing import Final

from churn.timeline.rows import ENTRIES_MAX

INVARIANTS: Final = {
    "the entries of a history are counted, and not too many": f"""
        SELECT e.shop, e.customer_id
        FROM (SELECT shop, customer_id, count(*) AS entries FROM timeline_entries GROUP BY 1, 2) e
            LEFT JOIN timelines t USING (shop, customer_id)
        WHERE t.entries IS NULL OR t.entries < e.entries OR e.entries > {ENTRIES_MAX} LIMIT $1
    """,  # noqa: S608  a number of our own
    "an alias has no history": """
        SELECT shop, customer_id FROM timelines JOIN customers USING (shop, customer_id)
        WHERE merged_into IS NOT NULL LIMIT $1
    """,
}
