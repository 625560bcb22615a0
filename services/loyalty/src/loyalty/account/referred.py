"""Tells referrers what became of their referrals: the friend's account publishes what the referrer's takes as a fact.

Two customers are in two partitions, and neither is locked for the other. What was told is a fact of the friend's
account, so it is told once, whatever is repeated.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple, cast
from uuid import UUID

from loyalty.account.referral_rows import Code, StateOfReferral, owners_of, save_states_of_referrals
from loyalty.domain.account import Account
from loyalty.domain.ids import NAME
from loyalty.domain.orders import TOLD
from loyalty.domain.referral_facts import FRIEND, codes_among, told_fact
from loyalty.domain.referrals import Outcome, digest_of
from mandegar.database import WorkerConnection
from mandegar.events import CustomerKey, Event, derived_id
from mandegar.events.derived import BY_TIME, derived_event
from mandegar.events.referrals import ReferralChanged, ReferralReported, ReferralState, ReferralTurn
from mandegar.quantities import from_us

_CHANGED = "referral.changed"
_REPORTED = "referral.reported"


class Telling(NamedTuple):
    """What a referrer is to be told of a referral, for the ``number``-th time. ``codes`` are those of the friend."""

    friend: CustomerKey
    outcome: Outcome
    codes: Sequence[str]
    number: int
    digest: str


def tell(friend: CustomerKey, account: Account, outcomes: Sequence[Outcome]) -> list[Telling]:
    """What was not reported yet. Marks it in the account as reported."""
    order = account.orders[FRIEND]
    codes = sorted(codes_among({order_id: order.facts for order_id, order in account.orders.items()}))
    told: dict[str, tuple[int, str]] = {}
    for fact in order.facts:
        if fact.kind == TOLD and fact.version > told.get(fact.refund_id, (0, ""))[0]:
            told[fact.refund_id] = fact.version, fact.status
    tellings = []
    for outcome in outcomes:
        referral = outcome.claim.referral_id
        number, before = told.get(referral, (0, ""))
        if (digest := digest_of(outcome, codes)) != before:
            telling = Telling(friend, outcome, codes, number + 1, digest)
            order.add(told_fact(outcome.claim.at, str(_id_of(telling, _CHANGED)), referral, number + 1, digest))
            tellings.append(telling)
    return tellings


async def report(connection: WorkerConnection, tellings: Sequence[Telling], now: datetime) -> list[Event]:
    """Store the states of referrals; returns what is published of them, for the friend and for the referrer."""
    if not tellings:
        return []
    owners = await owners_of(connection, {_code_of(telling) for telling in tellings})
    newest = {telling.outcome.claim.referral_id: telling for telling in tellings}
    await save_states_of_referrals(connection, [_row(telling) for telling in newest.values()])
    events = []
    for telling in tellings:
        events.append(_changed(telling, now))
        code = _code_of(telling)
        if (referrer := owners.get((code.shop, code.code_id))) is not None:
            events.append(_reported(telling, referrer, now))
    return events


def _code_of(telling: Telling) -> Code:
    return Code(telling.friend.shop, telling.outcome.claim.code_id)


def _id_of(telling: Telling, type_: str) -> UUID:
    return derived_id(NAME, f"{telling.outcome.claim.referral_id}|{telling.number}", type_)


def _row(telling: Telling) -> StateOfReferral:
    claim, state, reasons, _, due_at = telling.outcome
    return StateOfReferral(
        telling.friend.shop,
        UUID(claim.referral_id),
        state,
        reasons,
        from_us(claim.at),
        None if due_at is None else from_us(due_at),
        _rewarded_at(telling.outcome),
        telling.number,
    )


def _rewarded_at(outcome: Outcome) -> datetime | None:
    """Since when a referral earns points, if it does."""
    return from_us(outcome.turns[-1][0]) if outcome.turns and outcome.turns[-1][1] else None


def _changed(telling: Telling, now: datetime) -> Event:
    claim, state, reasons, _, due_at = telling.outcome
    data = ReferralChanged(
        referral_id=UUID(claim.referral_id),
        code_id=claim.code_id,
        change="told",
        state=cast("ReferralState", state),
        at=now,
        claimed_at=from_us(claim.at),
        reasons=reasons,
        number=telling.number,
        digest=telling.digest,
        due_at=None if due_at is None else from_us(due_at),
        rewarded_at=_rewarded_at(telling.outcome),
    )
    return derived_event(
        NAME, _CHANGED, data, about=telling.friend, cause=BY_TIME, now=now, id_from=_id_of(telling, _CHANGED)
    )


def _reported(telling: Telling, referrer: CustomerKey, now: datetime) -> Event:
    claim, state, reasons, turns, due_at = telling.outcome
    data = ReferralReported(
        referral_id=UUID(claim.referral_id),
        code_id=claim.code_id,
        number=telling.number,
        state=cast("ReferralState", state),
        claimed_at=from_us(claim.at),
        reasons=reasons,
        turns=tuple([ReferralTurn(at=from_us(at), earns=earns) for at, earns in turns]),
        due_at=None if due_at is None else from_us(due_at),
        friend_codes=tuple(telling.codes),
    )
    return derived_event(
        NAME, _REPORTED, data, about=referrer, cause=BY_TIME, now=now, id_from=_id_of(telling, _REPORTED)
    )
