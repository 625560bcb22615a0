"""A rebuilt churn knows who was won back, and tells it no second time."""

from dataclasses import replace
from datetime import timedelta

import pytest
from msgspec import structs

from builders.events import NOON
from builders.orders import cancelled, paid
from builders.shops import shop_updated
from churn.customers.rebuild import REBUILD
from churn.main import SERVICE
from harness.churn_again import AGAIN, read_again
from harness.churn_service import Churn
from harness.in_process import in_process
from mandegar.events import Event
from mandegar.events.topics import CHURN_EVENTS, INGEST_EVENTS

pytestmark = pytest.mark.integration
DAYS = 400


def returns(events: list[Event]) -> list[Event]:
    return [each for each in events if each.type == "customer.won_back"]


async def test_a_return_is_read_back_and_told_no_second_time(churn, make_database):
    facts = [paid("a"), paid("b", days=9), paid("z", days=DAYS)]
    await churn.deliver(facts[0])
    churn.clock.set(facts[1].time)
    await churn.deliver(facts[1])
    await churn.pass_time(days=DAYS - 9)
    await churn.deliver(facts[2])
    [back] = returns(churn.published)
    # As a rebuild takes them, however old they are.
    now = NOON + timedelta(days=DAYS, minutes=1)
    facts = [structs.replace(event, recorded_time=now) for event in facts]
    published = [structs.replace(event, recorded_time=now) for event in churn.published if event.customer_id]

    async with in_process(AGAIN, await make_database("churn")) as parts:
        rebuilt = Churn(*parts)
        rebuilt.clock.set(now)
        await read_again(rebuilt, INGEST_EVENTS, [shop_updated(), *facts])
        await read_again(rebuilt, CHURN_EVENTS, published)
        assert REBUILD.finish is not None
        await REBUILD.finish(rebuilt.context)
        news = await rebuilt.pass_time(minutes=1)
        read = await rebuilt.database.worker.fetchrow("SELECT lifecycle, won_back_at FROM customers")
        undone = cancelled("z", version=2, days=DAYS, hours=0.1)
        again = paid("z", version=3, days=DAYS, hours=0.2, name="again")

        assert tuple(read) == ("won_back", back.data.won_back_at)
        assert [each.type for each in news if each.type in {"band.crossed", "stage.changed", "lifecycle.changed"}] == []
        live = replace(rebuilt, service=SERVICE)
        assert [each.data.band for each in await live.deliver(undone) if each.type == "band.crossed"] == [
            back.data.previous
        ]
        assert returns(await live.deliver(again)) == []
        assert await live.invariant_violations() == []
