"""A lot: points that an order earned or that were brought along, and the ledger entries that lead to their state."""

from collections.abc import Sequence
from datetime import date
from typing import NamedTuple, TypeAlias
from uuid import UUID

from loyalty.domain.lines import Line
from loyalty.domain.orders import Fact, Step
from loyalty.domain.programme import Programme
from loyalty.domain.purchase import Purchase
from loyalty.domain.zones import Expiry

PENDING = "pending"
AVAILABLE = "available"
DEBT = "debt"
RESERVED = "held"

EARN = "earn"
OPEN = "open"
ACTIVATE = "activate"
REVERSE = "reverse"
EXPIRE = "expire"
# Staff gives points as a lot of its own, or takes usable ones (bucket ``taken``); what nobody has is owed.
ADJUST = "adjust"
TAKEN = "taken"
# The kinds and buckets of the entries that give points.
GIVING = frozenset({(EARN, PENDING), (OPEN, AVAILABLE), (ADJUST, AVAILABLE)})
REPAY = "repay"
HOLD = "hold"
SPEND = "spend"
RELEASE = "release"

# The cause of an entry that no event causes: the end of a hold, an expiry.
BY_TIME = ""

# The last day of points that do not expire: the last one that a date can have.
NO_LAST_DAY = date.max.toordinal()

# Identifies an effect within a lot, as (kind, bucket, cause): posting it again can only correct it. The bucket is where
# a reversal takes its points from (other kinds have one each), the cause an event id. A plain tuple, because a customer
# has many.
EntryKey: TypeAlias = tuple[str, str, str]


class Judged(NamedTuple):
    """What an order was judged by at a step: the highest ``total`` so far, and its ``items``. See ``ceiling``.

    ``draws``: caps were asked anew, too. ``top`` is the step at which it was worth most since.
    """

    step: Step
    total: int
    items: tuple[Line, ...]
    draws: bool
    top: Step


class Lot:
    """One order's points. ``given`` is what the net order earns, ``pending`` and ``available`` what is left of it, and
    ``expired`` what was not used in time. A warning that named any of ``midnights`` was about this lot. ``purchase`` is
    set where rules give the points. ``last_day`` is the one on which its points can be used.

    ``takings`` are the facts of redemptions, of whose points ``held`` are reserved, at least until ``held_until``;
    points came back from a redemption at ``freed_at``. ``shared``: other lots gave for it, or points were owed.
    ``credit`` is the lot of credit in money that the same order earns. ``judged`` is what an order was judged by
    last: it has no more than ``by_rules``, what its rules gave then, than what caps have ``left`` of it, and than it
    had ``at_top``, when it was worth most.
    """

    __slots__ = (
        "active_at",
        "at_top",
        "available",
        "by_rules",
        "credit",
        "earned_at",
        "entries",
        "expired",
        "expires_at",
        "freed_at",
        "given",
        "held",
        "held_until",
        "judged",
        "last_day",
        "left",
        "lot_id",
        "midnights",
        "net",
        "order_id",
        "pending",
        "programme",
        "purchase",
        "shared",
        "steps",
        "takings",
        "tier",
    )

    def __init__(
        self, order_id: str, lot_id: UUID, steps: list[Step], programme: Programme, expiry: Expiry | None
    ) -> None:
        self.order_id = order_id
        self.lot_id = lot_id
        self.steps = steps
        self.programme = programme
        self.purchase: Purchase | None = None
        self.earned_at = steps[0].at
        self.active_at = self.earned_at + programme.hold
        self.expires_at = None if expiry is None else expiry.at
        self.midnights = () if expiry is None else expiry.midnights
        self.last_day = NO_LAST_DAY if expiry is None else expiry.last_day
        self.tier = 0
        self.net = 0
        self.given = 0
        self.judged: Judged | None = None
        self.by_rules = 0
        self.left = 0
        self.at_top = 0
        self.pending = 0
        self.available = 0
        self.expired = 0
        self.held = 0
        self.held_until: int | None = None
        self.freed_at: int | None = None
        self.takings: Sequence[Fact] = ()
        self.shared = False
        self.credit: Lot | None = None
        self.entries: dict[EntryKey, tuple[int, int]] = {}

    def post(self, kind: str, bucket: str, cause: str, points: int, at: int) -> None:
        """Add an entry of signed ``points``, effective at ``at``."""
        key = (kind, bucket, cause)
        previous = self.entries.get(key)
        self.entries[key] = (points, at) if previous is None else (previous[0] + points, previous[1])
