"""What budgets have given, restored from what loyalty has published."""

from collections import Counter, defaultdict
from collections.abc import Sequence
from datetime import datetime

from loyalty.account.budget_rows import Period, add_used
from loyalty.account.restore import restore_facts
from loyalty.domain.acts import key_of_act
from loyalty.domain.orders import FUNDED, Fact
from mandegar.database import WorkerConnection
from mandegar.events import CustomerKey, Event
from mandegar.quantities import to_us


async def restore_draws(events: Sequence[Event], connection: WorkerConnection, now: datetime) -> Sequence[Event]:
    """Store each draw as a fact of its act; those of aliases are of the acts of their roots."""
    facts: defaultdict[CustomerKey, list[tuple[str, Fact]]] = defaultdict(list)
    for event in events:
        facts[event.customer].append((key_of_act(event.data.act.type, event.data.act.id), draw_fact(event)))
    await restore_facts(connection, facts, now)
    return await count_draws(events, connection, now)


async def count_draws(events: Sequence[Event], connection: WorkerConnection, now: datetime) -> Sequence[Event]:  # noqa: ARG001
    """Count what budgets gave, also to those who are erased: it was given."""
    used: Counter[Period] = Counter()
    for event in events:
        data = event.data
        used[Period(event.shop, data.budget, data.per, data.period)] += data.points
    await add_used(connection, used)
    return ()


def draw_fact(event: Event) -> Fact:
    """The fact of an act that a ``budget.drawn`` tells of."""
    data = event.data
    return Fact(to_us(data.acted_at), str(event.id), FUNDED, data.points, data.asked, data.budget, data.number)
