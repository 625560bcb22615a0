"""Merges and splits that a shop asks for."""

from typing import NamedTuple

from ingest.identity import events
from ingest.identity.merge import Wish, merge_customers
from ingest.identity.order_locks import exclude_orders
from ingest.identity.rows import Alias, customer_exists, forget_browser, load_standings, take_back
from mandegar.customers.locking import lock_customers
from mandegar.database import Act, WorkerConnection, transaction_of
from mandegar.events import CustomerKey
from mandegar.events.derived import Origin
from mandegar.outbox.rows import write_outbox
from mandegar.service.context import Context
from mandegar.web import Problem
from mandegar.web.customers import unknown_customer


class Outcome(NamedTuple):
    """The root and version of an alias, and whether anything changed."""

    root: str
    version: int
    changed: bool


async def merge(context: Context, act: Act, customer: CustomerKey, alias: CustomerKey) -> Outcome:
    """Make ``alias`` an alias of ``customer``, or of whom they are an alias of.

    Raises ``Problem`` 404 if one of them is nobody, 409 if the alias is another's or one of them was erased, 422 if
    they are one id or the alias is an account and the customer is none.
    """
    now, partitions = context.clock.now(), context.settings.partitions
    async with transaction_of(act, context.worker) as connection:
        await exclude_orders(connection, {alias.shop})
        await _require_known(connection, customer, alias)
        wish = Wish(alias, customer, "request", Origin())
        standings = await load_standings(connection, (alias, customer))
        (decided,), outgoing = await merge_customers(connection, [wish], now, partitions, standings=standings)
        if problem := _refusal(decided.verdict):
            raise problem
        act.target += f"/aliases/{alias.customer_id}"
        if decided.verdict == "merge":
            await forget_browser(connection, alias)
        await write_outbox(connection, outgoing)
    context.wake_relay()
    return Outcome(decided.root.customer_id, decided.version, decided.verdict == "merge")


async def split(context: Context, act: Act, alias: CustomerKey) -> Outcome:
    """Make ``alias`` a customer of its own from now on; raises ``Problem`` 404 or 409."""
    now = context.clock.now()
    async with transaction_of(act, context.worker) as connection:
        await exclude_orders(connection, {alias.shop})
        await _require_known(connection, alias)
        await lock_customers(connection, [alias], context.settings.partitions)
        standing = (await load_standings(connection, [alias]))[alias]
        if standing.erased:
            raise erased_customer()
        if standing.root is None:
            raise Problem(
                409, "not_merged", "The customer is not merged into another, so there is nothing to take back"
            )
        change = Alias(alias, CustomerKey(alias.shop, standing.root), standing.version + 1)
        await take_back(connection, alias, standing.root, change.version)
        await write_outbox(connection, [events.split(change, now)])
    context.wake_relay()
    return Outcome(standing.root, change.version, changed=True)


def erased_customer() -> Problem:
    """The 409 problem for acts on a customer who was erased."""
    return Problem(
        409,
        "customer_erased",
        "One of the customers was erased",
        "If they are to be a customer again, readmit them first: POST /v1/customers/{customer_id}/readmit",
    )


async def _require_known(connection: WorkerConnection, *customers: CustomerKey) -> None:
    for customer in customers:
        if not await customer_exists(connection, customer.shop, customer.customer_id):
            raise unknown_customer()


def _refusal(verdict: str) -> Problem | None:
    if verdict == "itself":
        return Problem(422, "same_customer", "A customer cannot be merged with themselves", "Name two different ids")
    if verdict == "taken":
        return Problem(
            409,
            "alias_of_another",
            "The alias is merged into another customer already",
            "Merge that customer, or split the alias first: POST /v1/customers/{alias}/split",
        )
    if verdict == "erased":
        return erased_customer()
    if verdict == "below":
        return Problem(
            422,
            "alias_ranks_higher",
            "An account cannot become an alias of a guest or browser, nor a guest of a browser",
            "Exchange the two: the id that the shop gave is the one that stays",
        )
    return None
