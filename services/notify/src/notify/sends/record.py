"""What a provider's answer means for a send: the next state, its reason, and when to try or to ask again."""

from datetime import datetime, timedelta
from uuid import UUID

from mandegar.database import Pool, transaction
from mandegar.outbox import write_outbox
from notify.channels.channel import Outcome
from notify.domain.send_states import State, Step, state_after
from notify.sends.attempt_rows import Result, Unknown, record_result
from notify.sends.events import decided_events

FIRST_LOOKUP = timedelta(seconds=30)
_BACKOFF_FIRST = timedelta(seconds=5)
_BACKOFF_MAX = timedelta(hours=1)
_STEPS: dict[str, Step] = {"accepted": "accept", "refused": "refuse", "retry": "retry", "unknown": "lose"}


def result_of(send_id: UUID, attempt: int, outcome: Outcome, no_later_than: datetime, now: datetime) -> Result:
    """Where an attempt leaves its send.

    If its next attempt would come too late, the send is refused. After a fault of the provider it waits for its
    deadline instead, at which it is withheld: a fault refuses no message.
    """
    step, next_at = _STEPS[outcome.kind], None
    if step == "retry":
        wait = max(_backoff(attempt), outcome.retry_after or timedelta())
        if wait < no_later_than - now:
            next_at = now + wait
        elif outcome.fault:
            next_at = no_later_than
        else:
            step = "refuse"
    elif step == "lose":
        next_at = now + FIRST_LOOKUP
    return Result(send_id, attempt, state_after("sending", step), outcome.code, outcome.provider_ref, next_at)


def result_of_lookup(unknown: Unknown, outcome: Outcome, now: datetime) -> Result:
    """Where a look-up leaves an unknown send. One that the provider never had is ready again after a growing wait."""
    step: Step = "disown" if outcome.kind == "retry" else _STEPS[outcome.kind]
    state = state_after("unknown", step)
    next_at = now + min(_backoff(unknown.attempt), max(unknown.no_later_than - now, timedelta()))
    return Result(unknown.send_id, unknown.attempt, state, outcome.code, outcome.provider_ref, next_at)


async def write_result(pool: Pool, result: Result, was: State, now: datetime) -> bool:
    """Record a result and its event in one transaction; False if the fence refused it."""
    async with transaction(pool) as connection:
        send = await record_result(connection, result, was, now)
        if send is not None:
            await write_outbox(connection, decided_events([send], now))
    return send is not None


def _backoff(attempt: int) -> timedelta:
    return min(_BACKOFF_FIRST * (1 << min(attempt - 1, 10)), _BACKOFF_MAX)
