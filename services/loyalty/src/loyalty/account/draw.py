"""Takes points for acts out of the budgets of their shops: what is given is a fact of the act, in order of commit."""

from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import datetime

from loyalty.account.budget_rows import Period, add_used, lock_periods
from loyalty.account.resume import News
from loyalty.domain.account import Account
from loyalty.domain.budgets import Wish, told, wishes_of
from loyalty.domain.ids import NAME
from loyalty.programme.rows import Rules
from mandegar.database import WorkerConnection
from mandegar.events import CustomerKey, Event
from mandegar.events.derived import derived_event, origin_of
from mandegar.events.loyalty import Act, BudgetDrawn
from mandegar.quantities import from_us, to_us


async def draw(
    connection: WorkerConnection,
    accounts: Sequence[tuple[CustomerKey, Account]],
    news: Mapping[CustomerKey, News],
    rules: Mapping[str, Rules],
    now: datetime,
) -> list[Event]:
    """Let locked accounts ask budgets until none asks for more; returns what is to be published.

    An act that gets nothing may leave the limit of its rule to the next one, which then asks. Acts are judged in the
    order of time, so each round decides at least the first that is open.
    """
    outgoing: list[Event] = []
    waiting = accounts
    while waiting:
        asked = [
            (key, account, wishes)
            for key, account in waiting
            if (wishes := wishes_of(account, *rules[key.shop], to_us(now)))
        ]
        if not asked:
            break
        some = [(key, wish) for key, _, wishes in asked for wish in wishes]
        outgoing += await _decide(connection, some, news, now)
        waiting = [(key, account) for key, account, _ in asked]
    return outgoing


async def _decide(
    connection: WorkerConnection,
    wishes: Sequence[tuple[CustomerKey, Wish]],
    news: Mapping[CustomerKey, News],
    now: datetime,
) -> list[Event]:
    """Grant wishes as far as the pots go; what goes back comes first."""
    used = await lock_periods(connection, {_period(key, wish) for key, wish in wishes})
    changes: Counter[Period] = Counter()
    outgoing: list[Event] = []
    for key, wish in sorted(wishes, key=lambda each: each[1].more > 0):
        period = _period(key, wish)
        points = min(wish.more, max(wish.pot.points - used[period] - changes[period], 0))
        changes[period] += points
        trigger = news[key].trigger if key in news else None
        event = _event(key, wish, points, trigger, now)
        wish.order.add(told(wish, points, str(event.id)))
        outgoing.append(event)
    await add_used(connection, changes)
    return outgoing


def _period(key: CustomerKey, wish: Wish) -> Period:
    return Period(key.shop, wish.pot.budget, wish.pot.per, wish.pot.number)


def _event(key: CustomerKey, wish: Wish, points: int, trigger: Event | None, now: datetime) -> Event:
    data = BudgetDrawn(
        act=Act(type=wish.act.type, id=wish.act.id),
        acted_at=from_us(wish.acted_at),
        rule=wish.rule,
        budget=wish.pot.budget,
        per=wish.pot.per,
        period=wish.pot.number,
        points=points,
        asked=wish.asked,
        number=wish.number,
    )
    return derived_event(
        NAME,
        "budget.drawn",
        data,
        about=key,
        cause=origin_of(trigger),
        now=now,
        id_from=f"{wish.order.lot_id}|{wish.number}",
    )
