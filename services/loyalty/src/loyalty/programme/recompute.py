"""The background task that brings every customer of a shop under a new programme version when it takes effect.

Nothing else touches all customers of a shop. It only makes them due, some at a time; the timer settles them.
"""

from loyalty.programme.document import PROGRAMMES
from loyalty.programme.rows import due_no_later_than
from loyalty.settings import LoyaltySettings
from mandegar.documents.recompute import recompute
from mandegar.service.context import Context


async def recompute_customers(context: Context[LoyaltySettings]) -> None:
    """Make the customers of every new version due, until cancelled."""
    await recompute(context, PROGRAMMES, due_no_later_than)
