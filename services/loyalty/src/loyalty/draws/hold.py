"""Holds a draw: who entered, who wins, and their points, in one transaction."""

from collections.abc import Mapping
from datetime import datetime

from loyalty.account.post import settle_and_post
from loyalty.account.resume import News
from loyalty.domain.act_rules import ActRule, Draw
from loyalty.domain.draws import ENTRANTS_MAX, entrant_of, hash_of, winners_of
from loyalty.domain.programme import Programme, in_force
from loyalty.draws.events import facts_won, held_event, won_event
from loyalty.draws.rows import DrawRow, customers_entered, insert_draw, load_draw, lock_draws
from loyalty.programme.rows import rules_of
from mandegar.customers.locking import lock_customers
from mandegar.database import WorkerConnection
from mandegar.events import CustomerKey
from mandegar.outbox import write_outbox
from mandegar.quantities import from_us, to_us
from mandegar.stream import beside
from mandegar.web import Problem

TOO_MANY = "too_many_entrants"


class EntrantsChanged(OSError):
    """A winner was merged or erased since entrants were read: a transient error, the same again finds who they are."""


async def hold_draw(
    connection: WorkerConnection, shop: str, name: str, seed: str, now: datetime, *, key: bytes, partitions: int
) -> tuple[DrawRow, bool]:
    """The draw, and whether it was held now. ``key`` makes the pseudonyms of entrants. Raises ``Problem``."""
    await lock_draws(connection, shop)
    stored = await load_draw(connection, shop, name)
    if stored is not None:
        if stored.seed != seed:
            raise _wrong_seed()
        return stored, False
    programme = in_force((await rules_of(connection, shop)).programmes, to_us(now))
    draw = _draw(programme, name, now)
    if hash_of(seed) != draw.seed_hash:
        raise _wrong_seed()
    begin, end = from_us(draw.begin), from_us(draw.end)
    row = DrawRow(shop, name, programme.version, draw.seed_hash, seed, begin, end, held_at=now)
    return await hold(connection, row, draw.winners, key=key, partitions=partitions), True


async def hold(
    connection: WorkerConnection,
    draw: DrawRow,
    winners_max: int,
    counts_at: datetime | None = None,
    *,
    key: bytes,
    partitions: int,
) -> DrawRow:
    """Choose the winners of a draw that was not held, and give them their points: under ``lock_draws``.

    The programme pays the winners as of ``counts_at``; None: as of when the draw is held. Raises ``Problem``.
    """
    shop, name = draw.shop, draw.draw
    customers = await customers_entered(connection, shop, draw.begins_at, draw.ends_at, ENTRANTS_MAX + 1)
    if len(customers) > ENTRANTS_MAX:
        raise Problem(409, TOO_MANY, f"A draw has at most {ENTRANTS_MAX:,} entrants: shorten its span")
    entrants = {entrant_of(shop, name, customer, key): CustomerKey(shop, customer) for customer in customers}
    winners = winners_of(draw.seed, entrants, winners_max)
    row = draw._replace(entrants=sorted(entrants), winners=winners)
    await insert_draw(connection, row)
    await give(connection, row, {winner: entrants[winner] for winner in winners}, counts_at, partitions)
    return row


async def give(
    connection: WorkerConnection,
    row: DrawRow,
    winners: Mapping[str, CustomerKey],
    counts_at: datetime | None,
    partitions: int,
) -> None:
    """Give winners, by their pseudonyms, what they won, and tell of the draw. Raises a transient error if one of them
    was merged or erased since they were read.
    """
    standings = await lock_customers(connection, winners.values(), partitions)
    if any(standings.root(customer) != customer or standings.is_erased(customer) for customer in winners.values()):
        raise EntrantsChanged("a winner was merged or erased meanwhile")
    won = {customer: won_event(row, customer, entrant, counts_at) for entrant, customer in winners.items()}
    news = {customer: News(facts_won(event), event, None) for customer, event in won.items()}
    with beside():
        posted = await settle_and_post(news, news, connection, row.held_at)
    await write_outbox(connection, [held_event(row), *won.values(), *posted])


def _draw(programme: Programme, name: str, now: datetime) -> Draw:
    rules: tuple[ActRule, ...] = programme.acts.rules if programme.acts is not None else ()
    draw = next((rule.draw for rule in rules if rule.draw is not None and rule.name == name), None)
    if draw is None:
        raise Problem(404, "unknown_draw", "The programme in force has no such draw")
    if draw.seed:
        raise Problem(409, "holds_itself", "The draw is held automatically, because the programme has its seed")
    if to_us(now) < draw.end:
        raise Problem(409, "draw_not_over", "The draw can still be entered", until=from_us(draw.end).isoformat())
    return draw


def _wrong_seed() -> Problem:
    return Problem(
        409,
        "wrong_seed",
        "This is not the seed of the draw",
        "Send the seed whose SHA-256 is `seed_hash` in the programme",
    )
