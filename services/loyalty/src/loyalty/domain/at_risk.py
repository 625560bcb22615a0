"""The warning before a tier is lost: once for each drop, and taken back when the drop no longer comes.

A drop is known by its instant, which is all that is stored of it.
"""

from collections.abc import Sequence
from typing import NamedTuple

from loyalty.domain.expiries import LATE
from loyalty.domain.opening import Grant, granted
from loyalty.domain.programme import Programme
from loyalty.domain.qualifying import INVOICE, SPEND, Measure
from loyalty.domain.reached import Kept
from loyalty.domain.timeline import Timeline


class Drop(NamedTuple):
    """What becomes of a tier if no order arrives: it falls to ``falls_to`` at ``until``, for want of ``missing``.

    That is in the unit of the ``measure``: billionths of the currency, points or orders.
    """

    tier: str
    falls_to: str
    until: int
    missing: int
    currency: str
    measure: Measure = SPEND


class Warned(NamedTuple):
    """What to announce of a tier: the drop to come, or that the one at ``until`` no longer comes."""

    drop: Drop | None
    until: int
    at: int


class Telling(NamedTuple):
    """What to announce, until when the customer is warned then, and when a warning is due next."""

    warned: tuple[Warned, ...]
    told: int | None
    due_at: int | None


def drop_of(programme: Programme, tier: int, until: int | None, kept: int, grants: Sequence[Grant] = ()) -> Drop | None:
    """The next drop, if ``kept`` is the spend that is left in the window when the tier ends."""
    if until is None or tier == 0:
        return None
    return _drop(programme, tier, until, Kept(kept, programme.tier_index(kept)), grants)


def _drop(programme: Programme, tier: int, until: int, kept: Kept, grants: Sequence[Grant]) -> Drop:
    falls_to = min(max(kept.tier, granted(grants, programme, until)), tier - 1)
    missing, names = missing_to(programme, tier, kept.reached), programme.tiers
    return Drop(names[tier].name, names[falls_to].name, until, missing, programme.currency, programme.measure)


def missing_to(programme: Programme, tier: int, reached: int) -> int:
    """What is missing to a tier, if so much is reached. An invoice must reach the whole line."""
    line = programme.lines[tier]
    if programme.measure == INVOICE:
        return 0 if reached >= line else line
    return max(line - reached, 0)


def drop_at(timeline: Timeline) -> Drop | None:
    """The drop to come of a walked account, if the rules may announce one."""
    return None if timeline.programme.levels is None else coming_drop(timeline)


def coming_drop(timeline: Timeline) -> Drop | None:
    """The drop to come of a walked account."""
    programme, until = timeline.programme, timeline.tier_until
    if until is None:
        return None
    if programme.qualifying is not None:
        tier, grants = timeline.tier, timeline.grants
        return None if timeline.kept is None or not tier else _drop(programme, tier, until, timeline.kept, grants)
    kept = sum(lot.net for lot in timeline.lots if lot.earned_at > until - programme.window)
    return drop_of(programme, timeline.tier, until, kept, timeline.grants)


def telling(
    programme: Programme,
    drop: Drop | None,
    told: int | None,
    now: int,
    since: int | None,
    *,
    has_news: bool,
    moved: bool,
) -> Telling:
    """What to announce at ``now`` to a customer who was told of a drop at ``told``, and was last settled at ``since``.

    A warning that came due before that was not given then, because history was coming in: without news it is given at
    most a day late. If the customer has ``moved`` to another tier, its drop is another one.
    """
    warned: list[Warned] = []
    if told is not None and (moved or drop is None or drop.until != told):
        if told > now:
            warned.append(Warned(None, told, now))
        told = None
    warning = None if programme.levels is None else programme.levels.warning
    if drop is None or warning is None or told is not None:
        return Telling(tuple(warned), told, None)
    due_at = max(drop.until - warning, programme.effective_from)
    if due_at > now:
        return Telling(tuple(warned), None, due_at)
    if has_news or since is None or due_at > since or now - due_at <= LATE:
        warned.append(Warned(drop, drop.until, due_at))
    return Telling(tuple(warned), drop.until, None)
