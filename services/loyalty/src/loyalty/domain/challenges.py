"""What a customer has achieved, computed from orders and acts as they stood at each instant, and taken back with them.

An *attainment* is one completion of a challenge, from the instant at which it is reached until it is lost, because what
counted for it was refunded or cancelled. Its two instants are kept as facts beside those of orders, under an id that no
order has; they are no news but a result, and are computed anew whenever an account is settled.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple, TypeAlias
from uuid import UUID

from loyalty.domain.act_rules import DONE
from loyalty.domain.acts import Act, ActLot, act_of
from loyalty.domain.attained import COMPUTED, KEPT_UNDER, Attained, key_of
from loyalty.domain.calendars import number_of
from loyalty.domain.challenge_rules import IN_A_ROW, OF_CATEGORIES, OF_WORDS, ORDERS, Challenge
from loyalty.domain.conditions import Moment
from loyalty.domain.counting import cells_of, on_lines, parts_of
from loyalty.domain.lines import NO_LINES
from loyalty.domain.lots import Lot
from loyalty.domain.opened import open_lots
from loyalty.domain.opening import BROUGHT
from loyalty.domain.orders import LOST, REACHED, Fact, Step
from loyalty.domain.programme import Programme, in_force
from loyalty.domain.tallies import Tally, Worth, tally_of
from loyalty.domain.timeline import walk
from loyalty.domain.zones import ShopZones

# The name and the shape of a challenge, and the period.
TallyKey: TypeAlias = tuple[str, str, int]
_CHANGE, _PAYMENT = range(2)
# The ids of lots make no difference to what is achieved.
_NO_LOT = UUID(int=0)


class Attainment:
    """The ``nth`` completion of a challenge in a period, and when it was lost if it was."""

    __slots__ = ("at", "cause", "challenge", "id", "lost_at", "lost_by", "nth")

    def __init__(self, challenge: Challenge, period: int, nth: int, at: int, cause: str) -> None:
        self.challenge, self.nth, self.at, self.cause = challenge, nth, at, cause
        self.id = f"{challenge.shape}:{period}:{nth}"
        self.lost_at: int | None = None
        self.lost_by = ""

    @property
    def facts(self) -> list[Fact]:
        """What is kept of it."""
        challenge = self.challenge
        hold = -1 if challenge.hold_days is None else challenge.hold_days
        facts = [Fact(self.at, self.cause, REACHED, challenge.points, hold, challenge.badge)]
        if self.lost_at is not None:
            facts.append(Fact(self.lost_at, self.lost_by, LOST, 0))
        return facts


class Pursuit(NamedTuple):
    """How far a customer is with each challenge in each period, and what they have attained."""

    tallies: dict[TallyKey, Tally]
    attained: dict[TallyKey, list[Attainment]]

    def facts(self) -> dict[str, list[Fact]]:
        """The facts of all attainments, by the ids under which they are kept."""
        return {
            key_of(Attained(each.challenge.name, each.id)): each.facts
            for some in self.attained.values()
            for each in some
        }


class _Entrant(NamedTuple):
    """What is frozen of an order or act when it happens, and the tallies for which it may count."""

    moment: Moment
    tier: int
    tallies: Sequence[tuple[TallyKey, Challenge]]


def have_challenges(programmes: Iterable[Programme]) -> bool:
    """Whether any version has challenges."""
    return any(programme.challenges is not None for programme in programmes)


def may_count(order_id: str, facts: Sequence[Fact], programmes: Sequence[Programme], zones: ShopZones) -> bool:
    """Whether an order or act may count for a challenge, by the days of its facts: not if all are about other dates."""
    if order_id.startswith(KEPT_UNDER):
        return True
    for fact in facts:
        challenges = in_force(programmes, fact.at).challenges
        if challenges is None or fact.kind in BROUGHT:
            continue
        rules = challenges.of_orders if act_of(order_id) is None else challenges.of_acts
        if rules and any(each.within.window is None for each in rules):
            return True
        day = zones.day_of(fact.at)
        if any(each.within.period_of(day) is not None for each in rules):
            return True
    return False


def pursue(facts: Mapping[str, Sequence[Fact]], programmes: Sequence[Programme], zones: ShopZones, now: int) -> Pursuit:
    """What a customer has achieved by ``now``, from the facts of all orders and acts.

    Each counts by the version in force when it happened; so does the target of the last one. Tiers that are asked for
    are those without the points of challenges.
    """
    rows = [(order_id, _NO_LOT, some) for order_id, some in facts.items() if not order_id.startswith(KEPT_UNDER)]
    if any(programme.challenges is not None and programme.challenges.asks_tiers for programme in programmes):
        lots = walk(rows, programmes, zones, now).lots
    else:
        some = [row for row in rows if may_count(row[0], row[2], programmes, zones)]
        lots = open_lots(some, programmes, zones, now).lots
    return _Course(lots, zones).run()


def attained_facts(
    facts: Mapping[str, Sequence[Fact]], programmes: Sequence[Programme], zones: ShopZones, now: int
) -> dict[str, list[Fact]]:
    """The facts of all that was attained by ``now``, with what redemptions took of it and what was told.

    What was attained and is not any more, because a fact arrived late, keeps the latter alone.
    """
    attained = pursue(facts, programmes, zones, now).facts()
    before = [order_id for order_id in facts if order_id.startswith(KEPT_UNDER)]
    for key in [*attained, *[key for key in before if key not in attained]]:
        kept = [fact for fact in facts.get(key, ()) if fact.kind not in COMPUTED]
        attained[key] = sorted([*kept, *attained.get(key, ())])
    return attained


class _Course:
    """Lets time pass over lots. Of all that happens at one instant, only what comes of it together counts."""

    def __init__(self, lots: Sequence[Lot], zones: ShopZones) -> None:
        self._lots, self._zones = lots, zones
        self._entrants: dict[int, _Entrant] = {}
        self._standing: defaultdict[TallyKey, list[Attainment]] = defaultdict(list)
        self._pursuit = Pursuit({}, {})

    def run(self) -> Pursuit:
        """All of it."""
        lots = self._lots
        turns = [
            (step.at, _CHANGE if place else _PAYMENT, lot.order_id, position, step)
            for position, lot in enumerate(lots)
            if type(lot) is Lot or isinstance(lot, ActLot)
            for place, step in enumerate(lot.steps)
        ]
        turns.sort(key=lambda turn: turn[:4])
        touched: dict[TallyKey, str] = {}
        now: int | None = None
        for at, rank, _, position, step in turns:
            if touched and at != now:
                self._conclude(touched, now or 0)
            now, lot = at, lots[position]
            if rank == _PAYMENT:
                self._enter(position, lot)
            self._count(position, lot, step, touched)
        if touched:
            self._conclude(touched, now or 0)
        return self._pursuit

    def _enter(self, position: int, lot: Lot) -> None:
        """Find the challenges for which an order or act may count, by the moment at which it happens."""
        challenges, at = lot.programme.challenges, lot.earned_at
        if challenges is None or not lot.programme.earns:
            return
        rules = challenges.of_orders
        if isinstance(lot, ActLot):
            if challenges.since is not None and at < challenges.since:
                return
            rules = tuple(each for each in challenges.of_acts if _is_about(each, lot.act))
        if not rules:
            return
        calendar = self._zones.calendar_at(at)
        day = calendar.day_of(at)
        tallies = [
            ((each.name, each.shape, period), each)
            for each in rules
            if each.when.on_day(day) and (period := each.within.period_of(day)) is not None
        ]
        if tallies:
            minute = calendar.minute_of(at) if any(each.when.hours for _, each in tallies) else 0
            self._entrants[position] = _Entrant(Moment(day, minute), lot.tier, tallies)

    def _count(self, position: int, lot: Lot, step: Step, touched: dict[TallyKey, str]) -> None:
        entrant = self._entrants.get(position)
        if entrant is None:
            return
        for key, challenge in entrant.tallies:
            if isinstance(lot, ActLot):
                counts = any(challenge.when.on_order(*_asked(entrant, *place), first=False) for place in lot.places)
                worth: Worth | None = 1 if counts else None
            else:
                worth = _worth(challenge, step, entrant)
            tally = self._pursuit.tallies.get(key)
            if tally is None:
                if worth is None:
                    continue
                tally = self._pursuit.tallies[key] = tally_of(challenge)
            if step is lot.steps[0]:
                tally.challenge = challenge
            if tally.put(lot.order_id, lot.earned_at, worth):
                touched[key] = step.cause

    def _conclude(self, touched: dict[TallyKey, str], at: int) -> None:
        """Add what was reached at an instant, and end what was lost: the last completion first."""
        for key, cause in touched.items():
            tally, standing = self._pursuit.tallies[key], self._standing[key]
            number = tally.completions
            while len(standing) > number:
                lost = standing.pop()
                lost.lost_at, lost.lost_by = at, cause
            while len(standing) < number:
                attained = self._pursuit.attained.setdefault(key, [])
                attained.append(Attainment(tally.challenge, key[2], len(attained) + 1, at, cause))
                standing.append(attained[-1])
        touched.clear()


def _asked(entrant: _Entrant, channel: str, branch: str) -> tuple[int, int, str, str, None]:
    return entrant.moment.minute, entrant.tier, channel, branch, None


def _worth(challenge: Challenge, step: Step, entrant: _Entrant) -> Worth | None:
    """What an order is worth for a challenge after a step; None if it does not count."""
    if step.net <= 0:
        return None
    total, lines = (step.net, NO_LINES) if step.lines is None else (step.total, step.lines)
    when, goal = challenge.when, challenge.goal
    if not when.on_order(*_asked(entrant, lines.channel, lines.branch), first=False):
        return None
    cells = cells_of(challenge.base, total, lines)
    if when.asks_lines:
        cells = on_lines(cells, when, lines)
    amount, parts = sum(cells) * step.net, parts_of(total, lines) * total
    if not amount or (when.min_spend and amount < when.min_spend * parts):
        return None
    if goal.kind == ORDERS:
        return 1
    if goal.kind == IN_A_ROW:
        return number_of(entrant.moment.day, goal.per)
    if goal.kind not in OF_WORDS:
        return amount // parts or None
    bought = [line for line, cell in zip(lines.items, cells, strict=False) if cell]
    words = [line.category if goal.kind in OF_CATEGORIES else line.product for line in bought]
    if goal.spelt:
        spelt = dict(goal.spelt)
        words = [spelt.get(word, word) for word in words]
    return frozenset(words) - {""} or None


def _is_about(challenge: Challenge, act: Act) -> bool:
    goal = challenge.goal
    return goal.on == act.type and (act.type != DONE or act.id.partition("/")[0] == goal.act)
