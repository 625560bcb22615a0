"""What a programme asks customers to achieve: challenges, streaks, and the badges that they win."""

from dataclasses import dataclass, field
from typing import Final, NamedTuple

from loyalty.domain.conditions import Base, When
from loyalty.domain.spans import Span

# What is counted: orders, what was paid for them, different words of their lines, acts, periods in a row.
ORDERS: Final = "orders"
SPEND: Final = "spend"
CATEGORIES: Final = "categories"
PRODUCTS: Final = "products"
ALL_CATEGORIES: Final = "all_categories"
ALL_PRODUCTS: Final = "all_products"
ACTS: Final = "acts"
IN_A_ROW: Final = "in_a_row"
OF_CATEGORIES: Final = frozenset({CATEGORIES, ALL_CATEGORIES})
OF_PRODUCTS: Final = frozenset({PRODUCTS, ALL_PRODUCTS})
OF_WORDS: Final = OF_CATEGORIES | OF_PRODUCTS


class Goal(NamedTuple):
    """``target`` of what ``kind`` counts; all of ``words`` where it counts a set, which the shop wrote as ``written``.

    Acts are those of the type ``on``, of ``act.done`` those named ``act``. What is in a row are periods ``per``.
    ``target`` of spend is in billionths. ``spelt`` are other spellings of ``words``, each with the word that it is.
    """

    kind: str
    target: int
    words: frozenset[str] = frozenset()
    on: str = ""
    act: str = ""
    per: str = ""
    written: tuple[tuple[str, str], ...] = ()
    spelt: tuple[tuple[str, str], ...] = ()


class Badge(NamedTuple):
    """A badge, and its titles by language."""

    name: str
    titles: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Challenge:
    """Whoever reaches ``goal`` ``within`` a span is given ``points`` and a ``badge``, at most ``times`` in each period.

    What counts is what ``when`` allows of the orders, or acts, of those in its tiers. Points are on hold for
    ``hold_days`` (None: as those of orders). Progress is counted by ``shape``: a version with another one begins anew.
    """

    name: str
    titles: tuple[tuple[str, str], ...]
    goal: Goal
    within: Span = field(default_factory=Span)
    when: When = field(default_factory=When)
    base: Base = field(default_factory=Base)
    points: int = 0
    badge: str = ""
    times: int = 1
    hold_days: int | None = None
    shape: str = field(init=False)

    def __post_init__(self) -> None:
        goal = self.goal
        parts = [goal.kind, goal.on, goal.act, goal.per, self.within.shape]
        object.__setattr__(self, "shape", ".".join([part for part in parts if part]))


@dataclass(frozen=True, slots=True)
class Challenges:
    """The challenges and badges of one version. Acts from before ``since`` do not count: nobody kept them."""

    rules: tuple[Challenge, ...]
    badges: tuple[Badge, ...] = ()
    since: int | None = None
    of_orders: tuple[Challenge, ...] = field(init=False)
    of_acts: tuple[Challenge, ...] = field(init=False)
    asks_tiers: bool = field(init=False)

    def __post_init__(self) -> None:
        put = object.__setattr__
        put(self, "of_orders", tuple(each for each in self.rules if each.goal.kind != ACTS))
        put(self, "of_acts", tuple(each for each in self.rules if each.goal.kind == ACTS))
        put(self, "asks_tiers", any(each.when.tiers is not None for each in self.rules))

    def named(self, name: str) -> Challenge | None:
        """The challenge with a name."""
        return next((each for each in self.rules if each.name == name), None)

    def titles_of(self, badge: str) -> tuple[tuple[str, str], ...]:
        """The titles of a badge."""
        return next((each.titles for each in self.badges if each.name == badge), ())
