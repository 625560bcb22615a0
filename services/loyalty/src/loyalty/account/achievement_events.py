"""The events that loyalty publishes about challenges and badges."""

from datetime import datetime
from typing import Any

from loyalty.account.events import history_if_old
from loyalty.domain.account import Account
from loyalty.domain.achievements import BadgeMove, ChallengeMove
from loyalty.domain.attained import key_of
from loyalty.domain.ids import NAME
from loyalty.domain.programme import Programme
from loyalty.domain.settled import Settled
from mandegar.events import CustomerKey, Event
from mandegar.events.challenges import BadgeGranted, BadgeWithdrawn, Challenge, ChallengeCompleted, ChallengeUndone
from mandegar.events.derived import derived_event, origin_of
from mandegar.quantities import from_us


def achievement_events(
    customer: CustomerKey, account: Account, settled: Settled, trigger: Event | None, now: datetime
) -> list[Event]:
    """``challenge.completed``, ``badge.granted`` and their reversals, dated at the instants of what happened."""
    events = []
    programmes: dict[str, Programme | None] = {}
    told: list[tuple[str, Any]] = []
    for move in settled.achieved.challenges:
        lot = settled.lots.get(key_of(move.attained))
        programmes[move.badge] = programme = None if lot is None else lot.programme
        account.version += 1
        told.append(_of_challenge(move, programme, account.version))
    for badge in settled.achieved.badges:
        account.version += 1
        told.append(_of_badge(badge, programmes.get(badge.badge), account.version))
    cause = origin_of(trigger)
    for type_, data in told:
        key = f"{type_}|{customer.shop}:{customer.customer_id}|{data.version}"
        event = derived_event(NAME, type_, data, about=customer, cause=cause, now=now, id_from=key, time=data.at)
        events.append(history_if_old(event, now))
    return events


def _of_challenge(move: ChallengeMove, programme: Programme | None, version: int) -> tuple[str, Any]:
    challenge = Challenge(name=move.attained.name, id=move.attained.id)
    at, points, badge = from_us(move.at), move.points, move.badge
    if not move.completed:
        return "challenge.undone", ChallengeUndone(
            challenge=challenge, at=at, version=version, points=points, badge=badge
        )
    stated = programme and programme.challenges and programme.challenges.named(move.attained.name)
    titles = dict(stated.titles) if stated else {}
    return "challenge.completed", ChallengeCompleted(
        challenge=challenge, at=at, version=version, titles=titles, points=points, badge=badge
    )


def _of_badge(move: BadgeMove, programme: Programme | None, version: int) -> tuple[str, Any]:
    at = from_us(move.at)
    if not move.granted:
        return "badge.withdrawn", BadgeWithdrawn(badge=move.badge, at=at, version=version)
    titles = dict(programme.challenges.titles_of(move.badge)) if programme and programme.challenges else {}
    return "badge.granted", BadgeGranted(badge=move.badge, at=at, version=version, titles=titles)
