"""What a programme pays for acts other than purchases, and the caps on what a customer earns in a period."""

from dataclasses import dataclass, field
from typing import NamedTuple

from mandegar.quantities import DAY_US

# The acts that may be paid, by the type of their event.
SIGNED_UP = "customer.signed_up"
LOGGED_IN = "customer.logged_in"
REVIEWED = "review.submitted"
ANSWERED = "survey.responded"
COMPLETED = "customer.updated"
DONE = "act.done"
ACT_TYPES = frozenset({SIGNED_UP, LOGGED_IN, REVIEWED, ANSWERED, COMPLETED, DONE})
# Of these a customer has one each: there is no second one that a rule could refuse.
ONLY_ONCE = frozenset({SIGNED_UP, COMPLETED})
# What is kept like acts and is none of the customer's doing: a day came, churn saw them drift away, an order won.
OCCASION = "occasion"
AWAY = "band.crossed"
SURPRISE = "surprise"
# They won a draw of the shop.
DRAWN = "draw.won"
# Those of them that follow from other facts, and are computed anew whenever an account is.
DERIVED = frozenset({OCCASION, SURPRISE})
NOBODYS = DERIVED | {AWAY, DRAWN}
# The ``act.done`` by which a shop says that it has looked at the dates of a customer.
DATES_CONFIRMED = "dates-confirmed"
# The field of the profile that has the birthday; other fields with dates are attributes of the shop.
BIRTHDAY = "birthday"
# The word for orders among the names of rules that a cap is about.
ORDERS = "orders"


class Limit(NamedTuple):
    """A rule pays at most so many ``times`` in each ``per``, a period of ``calendars``."""

    times: int
    per: str


class Occasion(NamedTuple):
    """A day of each year in a ``calendar``: the date that the profile has in ``field``; the day ``on`` (month and day);
    or, with neither, the anniversary of the first day on which the customer was known.

    It counts for those who were known for ``member_days`` by then, and whose date was known for ``known_days``.
    """

    calendar: str
    field: str = ""
    on: tuple[int, int] | None = None
    member_days: int = 0
    known_days: int = 0


class OccasionCoupon(NamedTuple):
    """What an occasion gives instead of points: a coupon for use within ``valid_days``, on terms that are sorted."""

    kind: str
    terms: tuple[tuple[str, str | bool | tuple[str, ...]], ...]
    valid_days: int
    prefix: str


class Surprise(NamedTuple):
    """Of orders that are worth ``min_spend`` (in billionths) each wins whose number under ``seed`` is below ``below``.

    ``surprises.py`` has the numbers.
    """

    seed: str
    below: int
    min_spend: int


class Draw(NamedTuple):
    """So many ``winners`` among those who earned points by orders from ``begin`` until just before ``end``.

    ``seed_hash`` is the SHA-256 of the seed, which is told when it is drawn. With a ``seed`` (and no hash) it is held
    by itself, ``wait`` after its end; with ``each``, so is one for each such period, and it has no begin and no end.
    """

    begin: int
    end: int
    winners: int
    seed_hash: str
    seed: str = ""
    each: str = ""
    wait: int = 0


@dataclass(frozen=True, slots=True)
class ActRule:
    """``points`` for each act of the type ``on``; for ``act.done`` of those named ``act``.

    Points are on hold for ``hold_days`` (None: as those of orders). The rule pays those in one of ``tiers`` (none: in
    any), from ``begin`` until just before ``end``; once, or so often as its limits say, and not within ``cooldown``
    after it has paid. A profile is complete when ``fields`` are known. Its points last ``expiry_days`` (None: as those
    of orders), and of a review it may ask that the product was ``bought``. ``channels`` and ``branches`` are those in
    which it has to be done (none: anywhere). ``occasion``, ``surprise`` and ``draw`` say
    what it is about if that is no act, ``bands`` into which of churn's bands a customer has to fall. An occasion may
    give a ``coupon``, and no points.
    """

    name: str
    on: str
    points: int
    act: str = ""
    fields: frozenset[str] = frozenset()
    hold_days: int | None = None
    tiers: frozenset[str] = frozenset()
    begin: int | None = None
    end: int | None = None
    once: bool = False
    cooldown_days: int = 0
    limits: tuple[Limit, ...] = ()
    expiry_days: int | None = None
    occasion: Occasion | None = None
    surprise: Surprise | None = None
    draw: Draw | None = None
    bands: frozenset[str] = frozenset()
    bought: bool = False
    coupon: OccasionCoupon | None = None
    channels: frozenset[str] = frozenset()
    branches: frozenset[str] = frozenset()

    def is_for(self, channel: str, branch: str) -> bool:
        """Whether it pays what is done there."""
        return (not self.channels or channel in self.channels) and (not self.branches or branch in self.branches)

    @property
    def cooldown(self) -> int:
        """The cooldown in microseconds."""
        return self.cooldown_days * DAY_US

    @property
    def stands_alone(self) -> bool:
        """Whether what it pays for an act depends on no other act and no order."""
        others = self.limits or self.cooldown_days or len(self.fields) > 1 or (self.once and self.on not in ONLY_ONCE)
        return not (self.tiers or self.bought or others)


@dataclass(frozen=True, slots=True)
class Cap:
    """A customer earns at most ``points`` in each ``per`` by the rules ``of`` (none: by all, and by orders).

    What goes beyond is cut off, or all of an act or order is refused that goes beyond. One ``of_credit`` is on what
    orders earn in credit, and its ``points`` are thousandths of the currency.
    """

    name: str
    points: int
    per: str
    of: frozenset[str] = frozenset()
    truncates: bool = True
    of_credit: bool = False

    def covers(self, rule: str) -> bool:
        """Whether it counts what a rule pays."""
        return not self.of or rule in self.of


@dataclass(frozen=True, slots=True)
class Budget:
    """A shop gives at most ``points`` to all customers in each ``per`` (empty: ever) by the rules ``of``."""

    name: str
    points: int
    per: str
    of: frozenset[str]


@dataclass(frozen=True, slots=True)
class Acts:
    """The rules about acts, the caps and the budgets of one version. Acts from before ``since`` are not paid.

    That is when the version was stored: nobody kept what a customer did while no rule was about it. ``asks_dates``:
    rules about orders ask for birthdays.
    """

    rules: tuple[ActRule, ...] = ()
    caps: tuple[Cap, ...] = ()
    since: int | None = None
    budgets: tuple[Budget, ...] = ()
    asks_dates: bool = False
    # The types of the acts that are kept for the rules.
    types: frozenset[str] = field(init=False, repr=False)
    occasions: tuple[ActRule, ...] = field(init=False, repr=False)
    surprises: tuple[ActRule, ...] = field(init=False, repr=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "types", self._types())
        object.__setattr__(self, "occasions", tuple([rule for rule in self.rules if rule.occasion is not None]))
        object.__setattr__(self, "surprises", tuple([rule for rule in self.rules if rule.surprise is not None]))

    def budget_of(self, rule: str) -> Budget | None:
        """The budget out of which a rule pays, if there is one."""
        return next((budget for budget in self.budgets if rule in budget.of), None)

    def _types(self) -> frozenset[str]:
        types = {rule.on for rule in self.rules} & ACT_TYPES
        asked = [rule.occasion for rule in self.rules if rule.occasion is not None]
        if self.asks_dates or any(occasion.field for occasion in asked):
            types |= {COMPLETED, DONE}
        if any(not occasion.field and occasion.on is None for occasion in asked):
            types.add(SIGNED_UP)
        return frozenset(types)

    def stands_alone(self, rule: ActRule) -> bool:
        """Whether what a rule pays for an act depends on no other act and no order."""
        capped = any(cap.covers(rule.name) for cap in self.caps)
        return rule.stands_alone and not capped and self.budget_of(rule.name) is None

    @property
    def caps_orders(self) -> bool:
        """Whether what an order earns depends on what else was earned."""
        return any(cap.covers(ORDERS) for cap in self.caps)
