"""Takes the facts of erased customers out of the figures of their shops; the library deletes their rows."""

from collections.abc import Sequence
from datetime import datetime

from churn.counted_facts.rows import FactTable
from mandegar.database import WorkerConnection
from mandegar.stream import Erase, Erased, Removed


def facts_count_no_more(table: FactTable) -> Erase:
    """The ``erase`` of a part."""

    async def erase(erased: Sequence[Erased], connection: WorkerConnection, now: datetime) -> Sequence[Removed]:  # noqa: ARG001
        rows = await table.load(connection, {each.customer for each in erased})
        if rows:
            await table.write(connection, dict.fromkeys(rows, ()), list(rows.values()))
        return ()

    return erase
