"""Acts of a customer other than purchases, and what they earn.

Their facts are kept beside those of orders, under ids that no order has.
"""

from collections.abc import Sequence
from typing import NamedTuple
from uuid import UUID

from loyalty.domain.act_rules import AWAY, COMPLETED, DONE, NOBODYS, ORDERS, ActRule, Budget, Cap
from loyalty.domain.attained import AttainedLot
from loyalty.domain.bought import has_bought
from loyalty.domain.calendars import number_of
from loyalty.domain.lots import Lot
from loyalty.domain.opening import BroughtLot
from loyalty.domain.orders import ACTED, COUPON, FUNDED, WITHDRAWN, Fact, Step
from loyalty.domain.programme import Programme
from loyalty.domain.referral_lots import ReferralLot
from loyalty.domain.referral_rules import REFERRAL
from loyalty.domain.referrals import LIMITED
from loyalty.domain.units import key_of_credit
from loyalty.domain.zones import ShopZones
from mandegar.quantities import DAY_US

_ACT = "act\x1f"
_NEVER = 2**63
_NOWHERE = {("", "")}
# Lots that no rule about an order or act gives.
_NOT_EARNED = BroughtLot | AttainedLot

# Why an act has not earned what a rule offers.
NO_RULE = "no_rule"
OTHER_TIER = "tier_required"
OUTSIDE = "outside_window"
INCOMPLETE = "profile_incomplete"
NOT_BOUGHT = "not_bought"
ELSEWHERE = "other_place"
TWICE = "paid_before"
TOO_SOON = "cooldown"
TOO_OFTEN = "limit_reached"
CAPPED = "cap_reached"
EXHAUSTED = "budget_exhausted"


class Act(NamedTuple):
    """An act by the type of its event, and what tells it from other acts of its type.

    That is the day of a visit (a number), the product of a review, the survey, the field of a profile; of ``act.done``
    its name, ``/``, and its subject or event. Of what is none of the customer's doing: of an occasion its rule, ``/``
    and the day; of an order that won, the rule, ``/`` and the order; of a crossing the band, ``/`` and its instant.
    """

    type: str
    id: str


def key_of_act(type_: str, act_id: str) -> str:
    """Under which the facts of an act are kept: of several ids of one person, the same act counts once."""
    return f"{_ACT}{type_}\x1f{act_id}"


def act_of(order_id: str) -> Act | None:
    """The act that is kept under an id; None for an order and what was brought along."""
    if not order_id.startswith(_ACT):
        return None
    type_, _, act_id = order_id[len(_ACT) :].partition("\x1f")
    return Act(type_, act_id)


class ActLot(Lot):
    """The points of an act. They are no spend. ``rule`` is the one that decided, ``wanted`` what it offers.

    ``reason`` says why less was given; empty if all was. Of a rule that pays out of a ``budget``, ``asked`` is what it
    pays if the budget has it, ``drawn`` what the budget gave, and ``decided`` what was asked of it last.

    ``gone`` says why an occasion gives nothing whatever its rule says. An order that won has a step for each time that
    it lost ``won`` points or got them back (``restores``). ``coupons`` are the ids of those that were issued for it.
    ``places`` are the channels and branches in which it was done: of the visits of a day there may be several.
    """

    __slots__ = (
        "act", "asked", "budget", "coupons", "decided", "drawn", "gone", "places", "reason", "restores", "rule",
        "wanted", "won",
    )  # fmt: skip

    def __init__(self, order_id: str, lot_id: UUID, act: Act, facts: Sequence[Fact], programme: Programme) -> None:
        first = next(fact for fact in facts if fact.kind == ACTED)
        others = [fact for fact in facts if fact.kind == WITHDRAWN]
        steps = [Step(fact.at, 0, fact.event_id) for fact in (first, *others)]
        super().__init__(order_id, lot_id, steps, programme, None)
        self.restores = frozenset([fact.event_id for fact in others if fact.amount])
        self.gone = first.status
        self.places = {(one.lines.channel, one.lines.branch) for one in facts if one.lines is not None} or _NOWHERE
        self.won = 0
        self.active_at = _NEVER
        self.act = act
        self.coupons = tuple([fact.refund_id for fact in facts if fact.kind == COUPON])
        draws = [fact for fact in facts if fact.kind == FUNDED]
        self.drawn = sum(fact.amount for fact in draws)
        self.decided = max(draws, key=lambda fact: (fact.ahead, fact.event_id)).version if draws else 0
        self.budget: Budget | None = None
        self.asked = 0
        self.rule: ActRule | None = None
        self.wanted = 0
        self.reason = NO_RULE

    @property
    def rules(self) -> list[ActRule]:
        """The rules about the act, in the order in which they are tried."""
        acts = self.programme.acts
        if acts is None or not self.programme.earns or (acts.since is not None and self.earned_at < acts.since):
            return []
        return [rule for rule in acts.rules if rule.on == self.act.type and _is_about(rule, self.act)]


def stands_alone(lot: Lot) -> bool:
    """Whether what a lot is given depends on no other lot, but for the tier of an order."""
    if isinstance(lot, ReferralLot):
        return False
    acts = lot.programme.acts
    if acts is None or isinstance(lot, _NOT_EARNED):
        return True
    if isinstance(lot, ActLot):
        return all(acts.stands_alone(rule) for rule in lot.rules)
    return not acts.caps_orders


class Judge:
    """Decides what acts earn and how much room caps leave, while a timeline is computed. Instants only move forward."""

    __slots__ = ("_hopes", "_known", "_last", "_times", "_used", "_zones")

    def __init__(self, zones: ShopZones, *, hopes: bool = False) -> None:
        """With ``hopes``, budgets give what was not asked of them yet."""
        self._zones = zones
        self._hopes = hopes
        self._times: dict[tuple[str, str, int], int] = {}
        self._last: dict[str, int] = {}
        self._used: dict[tuple[str, str, int], int] = {}
        self._known: set[str] = set()

    def change(self, lot: ActLot, step: Step, lots: Sequence[Lot]) -> int:
        """By how many points a step changes an act, one of ``lots``."""
        if step is lot.steps[0]:
            lot.won = self.judge(lot, lots)
            return lot.won
        return (lot.won if step.cause in lot.restores else 0) - lot.given

    def judge(self, lot: ActLot, lots: Sequence[Lot]) -> int:
        """The points of an act at its instant, of a lot whose tier is known, beside all ``lots``.

        Also says when they can be used.
        """
        if lot.act.type == COMPLETED:
            self._known.add(lot.act.id)
        points = self._offer(lot, lots)
        rule, programme = lot.rule, lot.programme
        lot.active_at = lot.earned_at
        if rule is None or not points:
            return 0
        lot.active_at += programme.hold if rule.hold_days is None else rule.hold_days * DAY_US
        days = programme.expiry_days if rule.expiry_days is None else rule.expiry_days
        if days is not None:
            expiry = self._zones.expiry(lot.earned_at, lot.active_at, days)
            lot.expires_at, lot.midnights, lot.last_day = expiry
        self._last[rule.name] = lot.earned_at
        for per in {limit.per for limit in rule.limits}:
            key = rule.name, per, self._number(lot, per)
            self._times[key] = self._times.get(key, 0) + 1
        return points

    def refer(self, lot: ReferralLot, step: Step) -> int:
        """The points of a referral from a step on. A referrer gets none beyond the limits of the rule.

        What is taken back leaves its place to the next.
        """
        for key in lot.counted:
            self._times[key] -= 1
        lot.counted, lot.reason = [], ""
        if not lot.earns[step]:
            return 0
        rule = lot.programme.referral
        limits = rule.limits if lot.limited and rule is not None else ()
        day = self._zones.day_of(step.at)
        keys = {(REFERRAL, limit.per, number_of(day, limit.per)): limit.times for limit in limits}
        if any(self._times.get(key, 0) >= times for key, times in keys.items()):
            lot.reason = LIMITED
            return 0
        lot.counted = [*keys]
        for key in keys:
            self._times[key] = self._times.get(key, 0) + 1
        return lot.wanted

    def room(self, lot: Lot, wanted: int, caps: Sequence[Cap] | None = None) -> int:
        """How many of the points ``wanted`` in addition the caps leave to a lot: those of its programme, or others."""
        name, room = _rule_of(lot), wanted
        for cap in _caps_of(lot) if caps is None else caps:
            if cap.covers(name):
                left = max(cap.points - self._used.get(self._key(lot, cap), 0), 0)
                room = min(room, left if cap.truncates or left >= wanted else 0)
        return room

    def record(self, lot: Lot, points: int, caps: Sequence[Cap] | None = None) -> None:
        """Count what a lot was given, or what was taken back from it, in the periods in which it was earned."""
        name = _rule_of(lot)
        for cap in _caps_of(lot) if caps is None else caps:
            if cap.covers(name):
                key = self._key(lot, cap)
                self._used[key] = self._used.get(key, 0) + points

    def _offer(self, lot: ActLot, lots: Sequence[Lot]) -> int:
        """The points that the first rule which is about the act gives; sets what the lot tells of the decision."""
        for rule in lot.rules:
            reason = self._refusal(rule, lot) or (
                NOT_BOUGHT if rule.bought and not has_bought(lot.act.id, lot.earned_at, lots) else ""
            )
            if lot.rule is None or not reason:
                lot.rule, lot.wanted, lot.reason = rule, rule.points, reason
            if not reason:
                break
        if lot.rule is None or lot.reason:
            return 0
        rule, last = lot.rule, self._last.get(lot.rule.name)
        if last is not None and rule.once:
            lot.reason = TWICE
        elif last is not None and lot.earned_at < last + rule.cooldown:
            lot.reason = TOO_SOON
        elif any(
            self._times.get((rule.name, limit.per, self._number(lot, limit.per)), 0) >= limit.times
            for limit in rule.limits
        ):
            lot.reason = TOO_OFTEN
        if lot.reason:
            return 0
        given = self.room(lot, rule.points)
        if given < rule.points:
            lot.reason = CAPPED
        lot.budget = lot.programme.acts.budget_of(rule.name) if lot.programme.acts else None
        return given if lot.budget is None else self._out_of_budget(lot, given)

    def _out_of_budget(self, lot: ActLot, points: int) -> int:
        lot.asked = points
        if self._hopes and points > lot.decided:
            return points
        if lot.drawn < points:
            lot.reason = EXHAUSTED
        return max(min(lot.drawn, points), 0)

    def _refusal(self, rule: ActRule, lot: ActLot) -> str:
        """Why a rule is not about an act; empty if it is."""
        if lot.gone:
            return lot.gone
        if lot.act.type == COMPLETED and not rule.fields <= self._known:
            return INCOMPLETE
        if (rule.begin is not None and lot.earned_at < rule.begin) or (
            rule.end is not None and lot.earned_at >= rule.end
        ):
            return OUTSIDE
        if not any(rule.is_for(*place) for place in lot.places):
            return ELSEWHERE
        tier = lot.programme.tiers[lot.tier].name
        return OTHER_TIER if rule.tiers and tier not in rule.tiers else ""

    def _key(self, lot: Lot, cap: Cap) -> tuple[str, str, int]:
        return key_of_credit(cap.name) if cap.of_credit else cap.name, cap.per, self._number(lot, cap.per)

    def _number(self, lot: Lot, per: str) -> int:
        return number_of(self._zones.day_of(lot.earned_at), per)


def _rule_of(lot: Lot) -> str:
    return lot.rule.name if isinstance(lot, ActLot) and lot.rule else ORDERS


def _caps_of(lot: Lot) -> Sequence[Cap]:
    """The caps that may count a lot: not what was brought along, nor what challenges and referrals promised."""
    is_counted = not isinstance(lot, _NOT_EARNED | ReferralLot)
    return lot.programme.acts.caps if lot.programme.acts and is_counted else ()


def _is_about(rule: ActRule, act: Act) -> bool:
    if act.type == DONE:
        return act.id.partition("/")[0] == rule.act
    if act.type == AWAY:
        return act.id.partition("/")[0] in rule.bands
    if act.type in NOBODYS:
        return act.id.partition("/")[0] == rule.name
    return act.type != COMPLETED or act.id in rule.fields
