"""Letting a person come again who was erased."""

from typing import NamedTuple
from uuid import UUID

from ingest.erasure import events
from ingest.erasure.erase import lock_person
from ingest.erasure.person_rows import load_erased
from ingest.erasure.unfinished_rows import is_unfinished
from mandegar.customers import erasure_rows
from mandegar.database import Act, transaction_of
from mandegar.events import CustomerKey
from mandegar.outbox.rows import write_outbox
from mandegar.service.context import Context
from mandegar.web import Problem


class Outcome(NamedTuple):
    """The erasure that no longer stands, and the root of its person."""

    erasure_id: UUID
    root: str


async def readmit(context: Context, act: Act, customer: CustomerKey) -> Outcome:
    """Let the person come again under each id that was erased with this one. What was erased stays so.

    Raises ``Problem`` 404 for an id of nobody, 409 if they are not erased, or not completely yet.
    """
    now, partitions = context.clock.now(), context.settings.partitions
    async with transaction_of(act, context.worker) as connection:
        person = await lock_person(connection, customer, partitions)
        if person.erasure is None:
            raise Problem(409, "not_erased", "The customer is not erased, so there is nothing to lift")
        if await is_unfinished(connection, customer.shop, person.erasure):
            raise Problem(
                409,
                "erasure_under_way",
                "The customer is still being erased",
                "Try again in some seconds: until then their new events would be erased, too",
            )
        identities = await load_erased(connection, customer.shop, person.erasure)
        version = 1 + max(each.erasure_version for each in identities)
        await erasure_rows.readmit(connection, {each.key: version for each in identities})
        await write_outbox(connection, events.readmitted(identities, person.erasure, version, now))
    context.wake_relay()
    return Outcome(person.erasure, person.root.customer_id)
