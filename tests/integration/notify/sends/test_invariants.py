"""The invariants find what they are there to find."""

from datetime import timedelta

import pytest

from builders.bands import crossed
from builders.customers import contact
from harness.notify_service import notify_service


@pytest.fixture
async def sent(make_database):
    async with notify_service(await make_database("notify")) as service:
        await service.deliver(contact(), crossed())
        await service.send_out()
        yield service


@pytest.mark.parametrize(
    ("damage", "rule"),
    [
        ("state = 'withheld', reason = NULL", "a send that did not go out has a reason"),
        ("lease_until = now()", "exactly the sends in state sending have a lease"),
        ("attempt = 0", "a send that may have arrived was attempted"),
        ("no_later_than = attempted_at", "no send was attempted after its deadline"),
        ("decided_at = NULL", "exactly the decided sends have the instant of the decision"),
        ("cause_id = gen_random_uuid()", "the id of a send follows from journey, cause and channel"),
    ],
)
async def test_a_broken_rule_is_named(sent, damage, rule):
    assert await sent.invariant_violations() == []

    await sent.database.worker.execute(f"UPDATE sends SET {damage}")
    assert rule in {broken.invariant for broken in await sent.invariant_violations()}


async def test_a_cap_that_was_exceeded_is_noticed(sent):
    for days in (1, 2):
        await sent.deliver(crossed(hours=-1 + days / 10))
    await sent.database.worker.execute(
        "UPDATE sends SET state = 'sent', attempt = 1, attempted_at = $1, decided_at = $1, reason = NULL",
        sent.clock.now() - timedelta(days=1),
    )

    assert await sent.invariant_violations() == [("no customer gets more messages than the cap", "s:c")]
