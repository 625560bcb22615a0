"""Whatever is merged when, and however partitions are read: one person is one customer, and a rebuild knows it too."""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import replace
from random import Random

import pytest
from msgspec import structs

from builders.customers import viewed
from builders.merges import merges, split
from builders.orders import cancelled, order, paid, refund
from builders.shops import shop_updated
from churn.customers.rebuild import BAND_TYPES, REBUILD
from churn.main import SERVICE
from harness.churn_service import Churn
from harness.in_process import in_process
from harness.rebuilding import state_of
from mandegar.events import Event
from mandegar.service.parts import Part

IDS = ("a", "b", "d", "e")
AGAIN = replace(SERVICE, parts=[replace(SERVICE.parts[0], reads=REBUILD.reads, rebuild=None), Part()])
NOT_COMPARED = {
    "customer_id", "partition", "version", "changed_in", "merged_into", "merge_version", "remembered", "turnover",
    "stage_version", "stage_since", "won_back_at",  # what was told, and of whom
}  # fmt: skip


def acts(random: Random, count: int) -> Iterator[Event]:
    for number in range(count):
        who, name, days = random.choice(IDS), f"{number}", random.uniform(-300, 0)
        order_id = random.choice(["both", *(f"{who}{one}" for one in range(5))])
        more = {"name": name, "days": days, "customer": who}
        yield random.choice([
            paid(order_id, random.choice([10, 25]), **more),
            paid(order_id, random.choice([10, 25]), **more),
            order("updated", order_id, 30, version=random.choice([1, 2]), **more),
            cancelled(order_id, version=random.choice([1, 2]), **more),
            refund(order_id, random.choice([3, 10]), **more),
            viewed(**more),
        ])  # fmt: skip


def story(random: Random, *, splits: bool) -> list[Event]:
    """Acts of four ids, who merge in between, and maybe split and merge again.

    Again into the same root, and nobody into an alias: one partition may hear of it before that of the alias has told
    all that was before.
    """
    links: dict[str, str] = {}
    once: dict[str, str] = {}
    events: list[Event] = []
    for version, fact in enumerate(acts(random, 40), start=1):
        events.append(fact)
        who = random.choice(IDS)
        roots = [one for one in IDS if one not in once and one != who and once.get(who, one) == one]
        if random.random() < 0.2 and who not in links and roots:
            links[who] = once[who] = random.choice(roots)
            events += merges(who, links[who], version)
        elif splits and who in links and who not in links.values() and random.random() < 0.3:
            events.append(split(who, links.pop(who), version))
    return events


def interleaved(random: Random, events: Sequence[Event]) -> Iterator[list[Event]]:
    """The events in batches, those of each key in their order, the keys in any."""
    by_key: defaultdict[str, list[Event]] = defaultdict(list)
    for event in events:
        by_key[event.customer_id or ""].append(event)
    while by_key:
        batch = []
        for _ in range(random.randrange(1, 6)):
            if by_key:
                key = random.choice(sorted(by_key))
                batch.append(by_key[key].pop(0))
                if not by_key[key]:
                    del by_key[key]
        yield batch


async def state(churn: Churn, customer: str) -> dict[str, object]:
    row = await churn.database.worker.fetchrow("SELECT * FROM customers WHERE customer_id = $1", customer)
    return {name: value for name, value in row.items() if name not in NOT_COMPARED}


async def lived(churn: Churn, random: Random, events: Sequence[Event]) -> None:
    for batch in interleaved(random, events):
        await churn.deliver(*batch)
        if random.random() < 0.1:
            await churn.pass_time(days=random.choice([0.1, 20]))
    await churn.pass_time(days=1)


@pytest.mark.parametrize("seed", range(6))
async def test_one_person_is_as_if_there_had_always_been_one_customer(churn, seed):
    random = Random(seed)
    events = story(random, splits=False)
    aliases = {event.data.alias for event in events if event.type == "customer.merged"}
    first, *others = [one for one in IDS if one not in aliases]
    for number, other in enumerate(others):
        events += merges(other, first, 1_000 + number)
    await lived(churn, random, events)
    of_always = [
        structs.replace(event, id=viewed("").id, customer_id="always")
        for event in events
        if not event.type.startswith("customer.")
    ]
    await churn.deliver(*of_always)

    assert await state(churn, first) == await state(churn, "always")
    assert await churn.invariant_violations() == []
    mine = [event for event in churn.published if event.customer_id in IDS and event.type in BAND_TYPES]
    told = max(mine, key=lambda event: event.data.version, default=None)
    assert getattr(told and told.data, "band", None) == (await churn.risk(first))["band"]
    one, other = await churn.risk(first), await churn.risk("always")
    assert one["risk"] == (other["risk"] and pytest.approx(other["risk"], abs=1e-9))


@pytest.mark.parametrize("seed", range(8))
async def test_a_rebuild_ends_in_the_same_rows(churn, make_database, seed):
    random = Random(seed)
    events = story(random, splits=seed % 2 == 1)
    await lived(churn, random, events)
    assert REBUILD.finish is not None
    await REBUILD.finish(churn.context)  # so that both are under what is fitted today
    await churn.pass_time()
    async with in_process(AGAIN, await make_database("churn"), churn.clock.now()) as parts:
        again = Churn(*parts)
        await again.deliver(shop_updated())
        for batch in interleaved(random, events):
            assert await again.deliver(*batch) == []
        for batch in interleaved(random, churn.published):
            assert await again.poll("churn.events", {0: batch}, subscription=1) == []
        await REBUILD.finish(again.context)
        said = await again.pass_time()
        expected = (await state_of(churn.database))["customers"]

        assert (await state_of(again.database))["customers"] == expected
        assert said == []
        assert await again.invariant_violations() == []
