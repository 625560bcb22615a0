"""What stays of an erased customer in models: they may have been in the samples of fits, among others."""

from collections.abc import Sequence
from datetime import datetime

from churn.models.rows import count_fits
from mandegar.database import WorkerConnection
from mandegar.stream import Erased, Removed

FIGURES = (
    "Models were fitted to samples of customers of the shop, of whom this may be one. Their numbers are figures of "
    "the shop: nobody can be taken out of them, and nobody is found in them. Fits from now on do without the customer"
)


async def erase(erased: Sequence[Erased], connection: WorkerConnection, now: datetime) -> Sequence[Removed]:  # noqa: ARG001
    """Tell of the model versions that were fitted when these customers had bought."""
    counts = await count_fits(connection, [each.customer for each in erased])
    return [Removed(key, "models", 0, count, FIGURES) for key, count in counts.items()]
