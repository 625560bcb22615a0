"""What is kept beside orders, and follows from the other facts: occasions, orders that win, completed challenges.

It is computed whenever an account is. What came of it and does not any more, because a fact arrived late, earns nothing
and stays: points of it may have been spent.
"""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from loyalty.domain.act_rules import BIRTHDAY, COMPLETED, DERIVED
from loyalty.domain.acts import key_of_act
from loyalty.domain.attained import KEPT_UNDER
from loyalty.domain.challenges import attained_facts, have_challenges
from loyalty.domain.dates import kept_since, known_since
from loyalty.domain.occasions import NONE, days_of, have_occasions
from loyalty.domain.orders import ACTED, WITHDRAWN, Fact, add_fact
from loyalty.domain.programme import Programme
from loyalty.domain.remembered import Coming
from loyalty.domain.surprises import have_surprises, winners
from loyalty.domain.zones import ShopZones

# Why what came of other facts gives nothing any more.
GONE = "no_longer"
_NEVER = 2**63
_COMPUTED = (ACTED, WITHDRAWN)
_KEYS = (*[key_of_act(type_, "") for type_ in sorted(DERIVED)], KEPT_UNDER)


class Derived(NamedTuple):
    """The facts, by the id under which they are kept; ``coming`` is set if rules are about days of the year.

    ``binds_orders``: what orders earn depends on a birthday that was told.
    """

    facts: Mapping[str, list[Fact]]
    coming: Coming | None = None
    binds_orders: bool = False

    @property
    def next_at(self) -> int | None:
        """When the next occasion comes."""
        return None if self.coming is None else self.coming.next_at


NOTHING = Derived({})


def derive(facts: Mapping[str, Sequence[Fact]], programmes: Sequence[Programme], zones: ShopZones, now: int) -> Derived:
    """What follows from facts by ``now``, beside what redemptions and budgets have done with it.

    Versions that are to come say nothing yet: they may be withdrawn, and others may be stored before them.
    """
    if programmes[-1].effective_from > now:
        programmes = [programme for programme in programmes if programme.effective_from <= now]
    occasions, surprises = have_occasions(programmes), have_surprises(programmes)
    stored = [order_id for order_id in facts if order_id.startswith(_KEYS)]
    asks_birthday = True in [programme.asks_birthday for programme in programmes]
    challenges = have_challenges(programmes)
    if not (occasions or surprises or asks_birthday or challenges or stored):  # the usual case
        return NOTHING
    wanted: dict[str, list[Fact]] = {}
    kept = kept_since(programmes) if occasions or asks_birthday else {}
    since = known_since(facts, kept) if kept or occasions else None
    days = NONE if since is None else days_of(facts, programmes, zones, since, kept, now)
    for day in days.past:
        wanted[day.order_id] = [Fact(day.at, "", ACTED, 0, 0, "", 0, day.reason)]
    if surprises:
        wanted.update(winners(facts, programmes, now))
    attained = [order_id for order_id in stored if order_id.startswith(KEPT_UNDER)]
    for order_id in stored:
        if order_id in attained:
            continue
        if order_id not in wanted:
            wanted[order_id] = [fact._replace(status=GONE) for fact in facts[order_id] if fact.kind == ACTED]
        for fact in facts[order_id]:
            if fact.kind not in _COMPUTED:
                add_fact(wanted[order_id], fact)
    if challenges or attained:
        wanted.update(attained_facts({**facts, **wanted}, programmes, zones, now))
    if not (occasions or asks_birthday):
        return Derived(wanted)
    next_at = min([day.at for day in days.next], default=None)
    binds = asks_birthday and bool(facts.get(key_of_act(COMPLETED, BIRTHDAY)))
    return Derived(wanted, Coming(_NEVER if since is None else since, next_at), binds)
