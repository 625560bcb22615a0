"""How far the ledger is known to be complete."""

from datetime import datetime, timedelta

from builders.events import NOON
from loyalty.draws import ledger as module
from loyalty.draws.ledger import MARGIN, Ledger
from mandegar.clock import FrozenClock

MINUTE = timedelta(minutes=1)


async def test_the_ledger_is_complete_until_what_waits_and_not_known_to_be_after_an_outage(monkeypatch):
    monkeypatch.setattr(module, "EVERY_SECONDS", 0.0)
    clock, ages = FrozenClock(NOON), [0.0, 0.0, 0.0, 3600.0, None, 0.0, 1.0, 0.0]

    async def age() -> float | None:
        return ages.pop(0)

    async def due_by(_: datetime) -> bool:
        return True

    ledger = Ledger(clock, age, due_by)
    seen = []
    for _ in range(len(ages)):
        await ledger.look()
        until = ledger.complete_until
        seen.append(None if until is None else (until - NOON) // MINUTE)
        clock.advance(MARGIN)

    # Known since 0: at 5 and 10 complete but for the margin, then an hour behind; unknown at 20, and known since 25.
    assert seen == [None, 0, 5, None, None, None, None, 30]


async def test_nobody_is_asked_until_a_draw_is_due_soon_and_then_the_answer_is_known_in_time(monkeypatch):
    monkeypatch.setattr(module, "EVERY_SECONDS", 0.0)
    clock, asked = FrozenClock(NOON), []
    looked_at = NOON + timedelta(hours=1)  # a draw that was due ``MARGIN`` before

    async def age() -> float | None:
        asked.append(clock.now())
        return 0.0

    async def due_by(until: datetime) -> bool:
        return looked_at <= until

    ledger = Ledger(clock, age, due_by)
    while clock.now() < looked_at:
        await ledger.look()
        clock.advance(MINUTE)
    await ledger.look()

    assert asked[0] == looked_at - 2 * MARGIN
    assert ledger.complete_until is not None
    assert ledger.complete_until >= looked_at - MARGIN
