"""The invariants find what they are there to find."""

from datetime import timedelta

import pytest

from harness.notify_service import contact, crossed, notify_service


@pytest.fixture
async def sent(make_database):
    async with notify_service(await make_database("notify")) as service:
        await service.deliver(contact(), crossed())
        await service.send_out()
        yield service


@pytest.mark.parametrize(
    ("damage", "rule"),
    [
        ("state = 'withheld', reason = NULL", "a message that did not go out says why"),
        ("lease_until = now()", "what is being sent has a lease, and nothing else has one"),
        ("attempt = 0", "what may have arrived was attempted"),
        ("no_later_than = attempted_at", "nothing was attempted after it was of use"),
        ("decided_at = NULL", "what is over says when"),
        ("cause_id = gen_random_uuid()", "one cause makes one send per journey and channel"),
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

    assert await sent.invariant_violations() == [("nobody gets more than the cap", "s:c")]
