"""What happens to an account if no event arrives: it is settled at its next due instant, then at the one after that.

Nothing of it is computed anew here. Whatever settling does by itself, a projection has.
"""

from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple, Protocol
from uuid import UUID

from loyalty.domain.account import Order
from loyalty.domain.at_risk import Drop
from loyalty.domain.lots import ACTIVATE, EXPIRE
from loyalty.domain.opening import Grant, granted_tier, grants_of
from loyalty.domain.posting import Balance, Entry
from loyalty.domain.programme import Programme
from loyalty.domain.settled import CreditBalance, Settled
from loyalty.domain.units import credit_kind, kind_of

DAYS_MAX = 400
CHANGES_MAX = 100

USABLE = "points_usable"
EXPIRED = "points_expire"
WARNING = "expiry_warning"
TIER = "tier_changes"
AT_RISK = "tier_at_risk"
GRANT_ENDS = "granted_tier_ends"
PROGRAMME = "programme_begins"
_KINDS = {ACTIVATE: USABLE, EXPIRE: EXPIRED}


class Settling(Protocol):
    """An account with its rules."""

    def settle(self, at: int) -> Settled: ...


class Effect(NamedTuple):
    """What a change does to one lot; of a lot of credit, ``points`` are thousandths of the currency."""

    order_id: str
    lot_id: UUID | None
    points: int


class Change(NamedTuple):
    """Something that happens at an instant. ``balance``, ``credit`` and ``tier`` are those after all of the instant.

    ``points`` are signed where they move the balance, and so is the ``amount`` of credit. ``expires_at`` is what a
    warning is about, ``previous`` the tier that is lost or left, ``version`` the one of a programme, ``drop`` what is
    warned of.
    """

    at: int
    kind: str
    balance: Balance
    tier: str
    points: int | None = None
    effects: tuple[Effect, ...] = ()
    expires_at: int | None = None
    previous: str | None = None
    version: int | None = None
    drop: Drop | None = None
    amount: int | None = None
    credit: CreditBalance | None = None


class Moment(NamedTuple):
    """An account at an instant at which something is due, as it was settled just before and is settled then."""

    at: int
    before: Settled
    settled: Settled


def moments(account: Settling, settled: Settled, now: int, until: int) -> Iterator[Moment]:
    """The due instants of an account that was ``settled`` at ``now``, up to ``until``."""
    while settled.due_at is not None and now < settled.due_at <= until:
        before, now = settled, settled.due_at
        settled = account.settle(now)
        yield Moment(now, before, settled)


def changes_at(moment: Moment, grants: Sequence[Grant], programmes: Sequence[Programme]) -> list[Change]:
    """What happens at a moment."""
    at, before, settled = moment
    balance, tier = settled.balance, settled.tier
    changes = [Change(at, GRANT_ENDS, balance, tier, previous=grant.tier) for grant in grants if grant.end == at]
    changes += [
        Change(at, PROGRAMME, balance, tier, version=programme.version)
        for programme in programmes
        if programme.effective_from == at
    ]
    for kind, entries in _by_kind(settled.entries).items():
        effects = tuple([_effect(entry, settled) for entry in entries])
        points = sum(effect.points for effect in effects)
        of_credit = credit_kind(kind)
        if of_credit is None:
            changes.append(Change(at, _KINDS.get(kind, f"points_{kind}"), balance, tier, points, effects))
        else:
            name = _KINDS.get(of_credit, f"points_{of_credit}").replace("points", "credit")
            changes.append(Change(at, name, balance, tier, None, effects, amount=points))
    if before.tier != tier:
        changes.append(Change(at, TIER, balance, tier, previous=before.tier))
    for drop, _, _ in settled.at_risk:
        if drop is not None:
            changes.append(Change(at, AT_RISK, balance, tier, drop=drop))
    for warning in settled.warnings:
        changes.append(Change(at, WARNING, balance, tier, warning.points, expires_at=warning.expires_at))
    if settled.credit is not None:
        changes = [change._replace(credit=settled.credit) for change in changes]
    return changes


def grants_among(orders: Iterable[Order]) -> list[Grant]:
    """The tiers that were granted."""
    return [
        grant
        for order in orders
        if order.facts and granted_tier(order.order_id) is not None
        for grant in grants_of(order.facts)
    ]


def _by_kind(entries: Iterable[Entry]) -> dict[str, list[Entry]]:
    kinds: dict[str, list[Entry]] = {}
    for entry in entries:
        kinds.setdefault(kind_of(entry.order_id, entry.key[0]), []).append(entry)
    return kinds


def _effect(entry: Entry, settled: Settled) -> Effect:
    lot = settled.lots.get(entry.order_id)
    return Effect(entry.order_id, None if lot is None else lot.lot_id, entry.points)
