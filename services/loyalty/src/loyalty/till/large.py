"""Applies commands to an account with many orders, which goes on from what is remembered of it: only the lots that they
take from, or give back to, are read.
"""

from collections.abc import Sequence
from datetime import datetime

from loyalty.account.post import settle_and_post
from loyalty.account.resume import News
from loyalty.domain.forward import lot_of
from loyalty.domain.programme import in_force
from loyalty.domain.purse import LOTS_MAX, Holder, Pending, Purse
from loyalty.programme.rows import Rules
from loyalty.till.command import Answer, Command
from loyalty.till.purse_rows import Standing, load_parts, load_pending, standing_of
from mandegar.database import WorkerConnection
from mandegar.events import CustomerKey, Event
from mandegar.quantities import to_us


async def decide_large(
    customer: CustomerKey, commands: Sequence[Command], rules: Rules, connection: WorkerConnection, at: datetime
) -> tuple[dict[int, Answer] | None, Sequence[Event]]:
    """The answers by the identity of the commands, and the events to publish.

    Settles the account. No answers for one that is not remembered: it must be walked. Raises ``TakesLonger`` if it is
    too large for that.
    """
    outgoing = [*await settle_and_post([customer], {}, connection, at)]
    stands = await standing_of(connection, customer)
    if not stands.is_remembered:
        return None, outgoing
    purse = await _purse(customer, stands, commands, rules, connection, to_us(at))
    answers = {id(command): command.decide(purse) for command in commands}
    if purse.facts:
        outgoing += await settle_and_post([customer], {customer: News(purse.facts, None, None)}, connection, at)
        stands = await standing_of(connection, customer)
    told = {"as_of": at, "version": stands.version}
    return {name: answer._replace(body={**answer.body, **told}) for name, answer in answers.items()}, outgoing


async def _purse(
    customer: CustomerKey,
    stands: Standing,
    commands: Sequence[Command],
    rules: Rules,
    connection: WorkerConnection,
    at: int,
) -> Purse:
    wanted = [command.points_wanted for command in commands]
    points = sum(each for each in wanted if each <= stands.available)
    pending: list[Pending] = []
    if max(wanted) > stands.available:
        points = stands.available
        lots = [lot_of(order, *rules, at) for order in await load_pending(connection, customer)]
        pending = [Pending(lot.active_at, lot.expires_at, lot.pending) for lot in lots if lot is not None]
    parts = await load_parts(connection, customer, points, (LOTS_MAX + 1) * len(commands))
    purse = Purse(at, parts, pending, available=stands.available, held=stands.held, debt=stands.debt)
    purse.programme = in_force(rules.programmes, at)
    purse.holder = Holder(customer, stands.readmission, rules.zones)
    purse.tiers, purse.tier = tuple([tier.name for tier in purse.programme.tiers]), stands.tier or ""
    return purse
