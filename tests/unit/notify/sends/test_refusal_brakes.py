"""A journey whose mails are refused stops alone, and goes on with the first mail that is accepted."""

from datetime import UTC, datetime

import pytest

from mandegar.clock import FrozenClock
from notify.channels.channel import Outcome
from notify.sends.brake import FAILURES, STOPPED_FOR, JourneyOf, RefusalBrakes

NEWS, ORDERS = JourneyOf("shop", "news"), JourneyOf("shop", "orders")
REFUSED, ACCEPTED = Outcome("refused", "smtp_554_5.7.1", about_anybody=True), Outcome("accepted", "smtp_250")


@pytest.fixture
def clock() -> FrozenClock:
    return FrozenClock(datetime(2026, 11, 22, tzinfo=UTC))


@pytest.fixture
def brakes(clock: FrozenClock) -> RefusalBrakes:
    brakes = RefusalBrakes("email", clock)
    assert [brakes.after(NEWS, REFUSED).kind for _ in range(FAILURES)] == ["refused"] * (FAILURES - 1) + ["retry"]
    return brakes


def test_other_journeys_of_the_shop_go_on(brakes: RefusalBrakes) -> None:
    assert set(brakes.stopped()) == {NEWS}
    assert brakes.before(NEWS) is not None
    assert brakes.before(ORDERS) is None
    assert brakes.after(ORDERS, ACCEPTED) == ACCEPTED


def test_a_refusal_after_the_wait_stops_it_again(brakes: RefusalBrakes, clock: FrozenClock) -> None:
    clock.advance(STOPPED_FOR)
    assert brakes.before(NEWS) is None
    assert brakes.after(NEWS, REFUSED).kind == "retry"
    assert brakes.before(NEWS) is not None


def test_one_that_is_accepted_lets_the_others_go_and_what_is_refused_waits(
    brakes: RefusalBrakes, clock: FrozenClock
) -> None:
    clock.advance(STOPPED_FOR)
    assert brakes.after(NEWS, REFUSED).kind == "retry"
    assert brakes.after(NEWS, ACCEPTED) == ACCEPTED
    assert brakes.before(NEWS) is None
    assert [brakes.after(NEWS, REFUSED).kind for _ in range(FAILURES - 1)] == ["retry"] * (FAILURES - 1)
    assert brakes.before(NEWS) is None
    assert brakes.after(NEWS, REFUSED).kind == "retry"
    assert brakes.before(NEWS) is not None


def test_a_newsletter_that_most_providers_refuse_loses_few_mails(brakes: RefusalBrakes, clock: FrozenClock) -> None:
    lost = 0
    for number in range(1_000):
        lost += brakes.after(NEWS, ACCEPTED if number % 4 == 0 else REFUSED).kind == "refused"
        clock.advance(STOPPED_FOR / 50)
    assert lost == 0


async def test_nobody_is_told_of_messages_that_do_not_wait_any_more(brakes: RefusalBrakes, clock: FrozenClock) -> None:
    assert "1 shops" in (await brakes.check() or "")
    clock.advance(STOPPED_FOR)
    assert await brakes.check() is None
