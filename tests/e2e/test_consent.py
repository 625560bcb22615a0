"""One random history of addresses, consents and clicks, arriving in several orders, on real Kafka and PostgreSQL."""

from datetime import timedelta
from random import Random
from typing import Any

import pytest

from builders.bands import crossed
from builders.events import NOON
from harness.ingest_service import SHOP
from harness.whole_house import WholeHouse, whole_house
from mandegar.events.identity import address_id
from notify.contacts.unsubscribe_token import Leaving, token_for

SERVICES = ("ingest", "loyalty", "churn", "notify")
WORLDS = ("w0", "w1", "w2")
IDS = ("a", "b", "c")
ADDRESSES = ("x", "y")


def at(hours: int, minutes: int = 0) -> str:
    return (NOON + timedelta(hours=hours, minutes=minutes)).isoformat()


def history(random: Random, hours: range) -> list[dict[str, Any]]:
    """What a shop states within these hours; customers and addresses are those of no world yet."""
    events = []
    for number in range(1, 19):
        hour = random.choice(hours)
        status = random.choice(["granted", "granted", "withdrawn"])
        consent: Any = random.choice([None, status == "granted", {"status": status, "at": at(random.choice(hours))}])
        block = {"email": random.choice([None, *ADDRESSES]), "consent": consent}
        events.append({"number": f"{hours.start}-{number}", "customer": random.choice(IDS), **block})
        # At one instant the id of an event decides, and ids differ from world to world.
        events[-1]["time"] = at(hour, number)
    return events


def written(event: dict[str, Any], world: str) -> dict[str, Any]:
    """The event as a shop writes it, with the customers and addresses of a world."""
    block = {
        **({"email": address_of(event["email"], world)} if event["email"] else {}),
        **({"consent": {"email": event["consent"]}} if event["consent"] is not None else {}),
    }
    return {
        "id": f"{world}-{event['number']}",
        "type": "customer.updated",
        "time": event["time"],
        "customer": {"id": f"{event['customer']}-{world}"},
        "data": block,
    }


def address_of(name: str, world: str) -> str:
    return f"{name}.{world}@example.test"


async def send(house: WholeHouse, events: list[dict[str, Any]], random: Random, *, shuffled: bool) -> None:
    """Post the events in requests of random size, and let all services rest after some of them."""
    left = list(events)
    if shuffled:
        random.shuffle(left)
    while left:
        size = random.choice([1, 2, 5, 18])
        answer = await house.ingest.send(left[:size])
        assert {result["status"] for result in answer.json()["results"]} == {"accepted"}, answer.text
        left = left[size:]
        if random.random() < 0.3:
            await house.rest()


async def consents(house: WholeHouse, world: str) -> dict[str, Any]:
    found = {}
    for id_ in IDS:
        answer = await house.notify.ask("GET", f"/v1/customers/{id_}-{world}/preferences", shop=SHOP)
        found[id_] = answer.json()["channels"]["email"] if answer.status_code == 200 else None
    return found


@pytest.mark.parametrize("seed", [1, 2])
async def test_orders_of_arrival_have_one_end_and_an_address_gets_one_copy_with_its_own_consent(
    make_database, kafka, topic_prefix, seed
):
    databases = {name: await make_database(name) for name in SERVICES}
    async with whole_house(kafka, topic_prefix, databases) as house:
        random = Random(seed)
        before, after = history(random, range(-40, -1)), history(random, range(1, 3))
        left = random.choice(ADDRESSES)
        for number, world in enumerate(WORLDS):
            await send(house, [written(event, world) for event in before], random, shuffled=number > 0)
        await house.rest()
        for world in WORLDS:
            pseudonym = address_id(address_of(left, world), shop=SHOP, key=house.notify.context.identity_key)
            leaving = Leaving(SHOP, f"a-{world}", "email", pseudonym)
            link = "/u/" + token_for(leaving, house.notify.settings.unsubscribe_secret)
            assert (await house.notify.client.post(link)).status_code == 200
        await house.pass_time(timedelta(hours=4))
        for number, world in enumerate(WORLDS):
            await send(house, [written(event, world) for event in after], random, shuffled=number < 2)
        await house.rest()

        ends = [await consents(house, world) for world in WORLDS]
        assert ends[1:] == [ends[0]] * 2

        triggers = [crossed(customer=f"{id_}-{world}", shop=SHOP) for world in WORLDS for id_ in IDS]
        await house.notify.deliver(*triggers, topic="churn.events")
        await house.notify.send_out(quiet_hours="")
        for world in WORLDS:
            check_mails(house, world, [*before, *after], left)


def check_mails(house: WholeHouse, world: str, events: list[dict[str, Any]], left: str) -> None:
    """One copy at most for each address, which somebody consented to; after it was left, with a time of its own."""
    for name in ADDRESSES:
        copies = [mail for mail in house.notify.mail.given if mail.to == address_of(name, world)]
        assert len(copies) <= 1
        if copies:
            grants = [
                event["consent"]
                for event in events
                if event["email"] in (None, name) and (event["consent"] is True or "granted" in str(event["consent"]))
            ]
            assert grants
            if name == left:
                assert any(isinstance(each, dict) and each["at"] > at(0) for each in grants)
