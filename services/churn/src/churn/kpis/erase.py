"""Takes what erased customers counted for out of the figures of their shops."""

from collections.abc import Sequence
from datetime import datetime

from churn.domain.counting import less
from churn.domain.customer_turnover import changed_counts
from churn.domain.visit_months import counts_of_visits
from churn.kpis.rows import ShopCounts, record_changes
from mandegar.database import WorkerConnection, keys_as_json
from mandegar.stream import Erased, Removed

_COUNTED = """
    SELECT shop, turnover, visit_months
    FROM customers JOIN json_to_recordset($1::json) AS w(shop text, customer_id text) USING (shop, customer_id)
    WHERE turnover <> ''::bytea OR visit_months <> ''::bytea
"""


async def erase(erased: Sequence[Erased], connection: WorkerConnection, now: datetime) -> Sequence[Removed]:  # noqa: ARG001
    """Count the customers back; the library empties both columns with the rest of the row."""
    changes = ShopCounts()
    keys = sorted({each.customer for each in erased})
    for shop, turnover, visits in await connection.fetch(_COUNTED, keys_as_json(keys)):
        changes.add(shop, changed_counts(turnover, b""))
        changes.add(shop, less({}, counts_of_visits(visits)))
    await record_changes(connection, changes)
    return ()
