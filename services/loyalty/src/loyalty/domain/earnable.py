"""What a customer can earn by acts now, as far as the rules about acts say."""

from collections.abc import Collection, Iterable, Sequence
from typing import NamedTuple

from loyalty.domain.act_rules import COMPLETED, LOGGED_IN, NOBODYS, ONLY_ONCE, SIGNED_UP, ActRule
from loyalty.domain.acts import OTHER_TIER, OUTSIDE, TOO_OFTEN, TOO_SOON, TWICE, ActLot, key_of_act
from loyalty.domain.calendars import number_of
from loyalty.domain.programme import Programme
from loyalty.domain.zones import ShopZones

_DAYS_AHEAD = 370


class Earnable(NamedTuple):
    """A rule, and why an act of now would earn nothing by it (empty: it would). ``when`` is from when on that no longer
    holds, if that is known. ``missing`` are the fields of the profile that the rule still asks for.
    """

    rule: ActRule
    reason: str
    when: int | None = None
    missing: tuple[str, ...] = ()


def keys_asked(programme: Programme, today: int) -> list[str]:
    """The ids of the acts of which a rule asks only whether they were done."""
    keys: list[str] = []
    for rule in programme.acts.rules if programme.acts else ():
        if rule.on == SIGNED_UP:
            keys.append(key_of_act(SIGNED_UP, ""))
        elif rule.on == COMPLETED:
            keys += [key_of_act(COMPLETED, field) for field in rule.fields]
        elif rule.on == LOGGED_IN:
            keys.append(key_of_act(LOGGED_IN, str(today)))
    return keys


def earnable(
    programme: Programme, tier: str, acts: Sequence[ActLot], done: Collection[str], zones: ShopZones, now: int
) -> list[Earnable]:
    """The rules about acts in their order. ``acts`` are those of the customer, ``done`` those of ``keys_asked``.

    Of the rules about an act, those behind the first that fits never decide. Caps and budgets are left out.
    """
    found: list[Earnable] = []
    decided: set[tuple[str, str, frozenset[str]]] = set()
    for rule in programme.acts.rules if programme.acts and programme.earns else ():
        target = rule.on, rule.act, rule.fields
        if rule.on in NOBODYS or target in decided or (rule.end is not None and now >= rule.end):
            continue
        if rule.begin is not None and now < rule.begin:
            found.append(Earnable(rule, OUTSIDE, rule.begin))
        elif rule.tiers and tier not in rule.tiers:
            found.append(Earnable(rule, OTHER_TIER))
        else:
            if not (rule.bought or rule.channels or rule.branches):  # else the next rule decides about other acts
                decided.add(target)
            found.append(_fitting(rule, acts, done, zones, now))
    return found


def _fitting(rule: ActRule, acts: Sequence[ActLot], done: Collection[str], zones: ShopZones, now: int) -> Earnable:
    paid = [lot.earned_at for lot in acts if lot.rule and lot.rule.name == rule.name and lot.given]
    today = zones.day_of(now)
    if rule.on == COMPLETED:
        missing = tuple(sorted(field for field in rule.fields if key_of_act(COMPLETED, field) not in done))
        return Earnable(rule, "" if missing else TWICE, missing=missing)
    if (rule.on in ONLY_ONCE and key_of_act(rule.on, "") in done) or (rule.once and paid):
        return Earnable(rule, TWICE)
    if rule.on == LOGGED_IN and key_of_act(LOGGED_IN, str(today)) in done and _visited(rule, acts, zones, today):
        return Earnable(rule, TOO_OFTEN, zones.calendar_at(now).start_of(today + 1))
    if paid and now < max(paid) + rule.cooldown:
        return Earnable(rule, TOO_SOON, max(paid) + rule.cooldown)
    full = [limit.per for limit in rule.limits if _times(paid, limit.per, zones, today) >= limit.times]
    if full:
        return Earnable(rule, TOO_OFTEN, max(_next_begin(per, zones, now) for per in full))
    return Earnable(rule, "")


def _visited(rule: ActRule, acts: Sequence[ActLot], zones: ShopZones, today: int) -> bool:
    """Whether the visit of today is one that the rule is about, as far as the acts of the customer are known."""
    visits = [lot for lot in acts if lot.act.type == LOGGED_IN and zones.day_of(lot.earned_at) == today]
    return not visits or any(rule.is_for(*place) for lot in visits for place in lot.places)


def _times(paid: Iterable[int], per: str, zones: ShopZones, today: int) -> int:
    period = number_of(today, per)
    return sum(1 for at in paid if number_of(zones.day_of(at), per) == period)


def _next_begin(per: str, zones: ShopZones, now: int) -> int:
    days, today = zones.calendar_at(now), zones.day_of(now)
    period = number_of(today, per)
    return days.start_of(next(day for day in range(today + 1, today + _DAYS_AHEAD) if number_of(day, per) != period))
