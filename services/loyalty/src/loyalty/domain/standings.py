"""How far a customer is with the challenges of the programme in force, and which badges they have."""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from loyalty.domain.calendars import number_of
from loyalty.domain.challenge_rules import IN_A_ROW, OF_WORDS, SPEND, Challenge
from loyalty.domain.challenges import Attainment, Pursuit, pursue
from loyalty.domain.coins import coin_of
from loyalty.domain.orders import Fact
from loyalty.domain.programme import Programme, in_force
from loyalty.domain.spans import EACH, Span
from loyalty.domain.tallies import Progress
from loyalty.domain.zones import ShopZones

OPEN = "open"
COMPLETED = "completed"
UPCOMING = "upcoming"
OVER = "over"
# What is spent is counted in billionths, coins are in thousandths.
_COIN = 10**6


class Standing(NamedTuple):
    """A challenge, and how far the customer is with it. Money is in billionths.

    ``begins_at`` and ``until`` are those of its present period, or of the next. In the ``state`` completed there is
    nothing more to complete in that period. ``missing`` are the words of a set that are missing, as the shop writes
    them. ``attained`` are the completions that stand, in all periods.
    """

    challenge: Challenge
    state: str
    done: int
    missing: tuple[str, ...]
    begins_at: int | None
    until: int | None
    attained: tuple[Attainment, ...]


class Held(NamedTuple):
    """A badge that the customer has since ``at``, or None."""

    badge: str
    titles: tuple[tuple[str, str], ...]
    at: int | None


class Standings(NamedTuple):
    """All challenges and badges."""

    challenges: tuple[Standing, ...] = ()
    badges: tuple[Held, ...] = ()


def standings_of(
    facts: Mapping[str, Sequence[Fact]], programmes: Sequence[Programme], zones: ShopZones, now: int
) -> Standings:
    """The challenges of the programme in force, and its badges and those that were won under others."""
    programme = in_force(programmes, now)
    challenges, coin = programme.challenges, coin_of(programme.currency) * _COIN
    pursuit = pursue(facts, programmes, zones, now)
    held: dict[str, int] = {}
    for each in (each for some in pursuit.attained.values() for each in some if each.lost_at is None):
        if badge := each.challenge.badge:
            held[badge] = min(each.at, held.get(badge, each.at))
    stated = {} if challenges is None else dict(challenges.badges)
    names = [*stated, *sorted(held.keys() - stated.keys())]
    standings = [] if challenges is None else [_standing(each, pursuit, zones, now, coin) for each in challenges.rules]
    return Standings(
        tuple(standings),
        tuple([Held(name, stated.get(name) or _titles(programmes, name), held.get(name)) for name in names]),
    )


def _titles(programmes: Sequence[Programme], badge: str) -> tuple[tuple[str, str], ...]:
    """The titles of a badge in the latest version that has it."""
    versions = [programme.challenges for programme in reversed(programmes) if programme.challenges is not None]
    return next((titles for each in versions if (titles := each.titles_of(badge))), ())


def _standing(challenge: Challenge, pursuit: Pursuit, zones: ShopZones, now: int, coin: int) -> Standing:
    """A challenge, and how far it is. No less than a coin of the currency is missing of what has to be paid."""
    calendar = zones.calendar_at(now)
    today = calendar.day_of(now)
    days = challenge.within.days_at(today)
    period = challenge.within.period_of(today)
    key = challenge.name, challenge.shape, 0 if period is None else period
    tally = pursuit.tallies.get(key)
    counted = number_of(today, challenge.goal.per) if challenge.goal.kind == IN_A_ROW else None
    least = coin if challenge.goal.kind == SPEND else 1
    progress = Progress(0) if tally is None or period is None else tally.progress(challenge, now, counted, least)
    until = progress.ends_at if days is None else calendar.end_of(days[1])
    state = OPEN
    if days is not None and period is None:
        state = UPCOMING if today < days[0] else OVER
    elif tally is not None and tally.completions >= challenge.times:
        state = COMPLETED
    elif challenge.goal.kind == IN_A_ROW and progress.done:
        ends_at = calendar.end_of(_end_of_streak(challenge, today, has_counted=bool(tally and tally.has(counted))))
        until = ends_at if until is None else min(until, ends_at)
    missing: tuple[str, ...] = ()
    if challenge.goal.kind in OF_WORDS and state != COMPLETED:
        missing = tuple([written for word, written in challenge.goal.written if word not in progress.words])
    standing = [
        each
        for (name, _, _), some in pursuit.attained.items()
        if name == challenge.name
        for each in some
        if each.lost_at is None
    ]
    return Standing(
        challenge,
        state,
        challenge.goal.target if state == COMPLETED else progress.done,
        missing,
        None if days is None else calendar.start_of(days[0]),
        until,
        tuple(sorted(standing, key=lambda each: (each.at, each.nth))),
    )


def _end_of_streak(challenge: Challenge, today: int, *, has_counted: bool) -> int:
    """The last day on which the next order keeps a streak: of this period, or of the next if this one has an order."""
    periods = Span(EACH, per=challenge.goal.per)
    (_, last) = periods.days_at(today) or (today, today)
    return last if not has_counted else (periods.days_at(last + 1) or (today, last))[1]
