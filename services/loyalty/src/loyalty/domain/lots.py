"""A lot: points that an order earned or that were brought along, and the ledger entries that lead to their state."""

from collections.abc import Sequence
from datetime import date
from typing import TypeAlias
from uuid import UUID

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


class Lot:
    """One order's points. ``given`` is what the net order earns, ``pending`` and ``available`` what is left of it, and
    ``expired`` what was not used in time. A warning that named any of ``midnights`` was about this lot. ``purchase`` is
    set where rules give the points. ``last_day`` is the one on which its points can be used.

    ``takings`` are the facts of redemptions, of whose points ``held`` are reserved, at least until ``held_until``;
    points came back from a redemption at ``freed_at``. ``shared``: other lots gave for it, or points were owed.
    ``credit`` is the lot of credit in money that the same order earns. ``judged`` is the step at which an order could
    earn more the last time, ``ceiling`` what it earned then: no other step gives it more.
    """

    __slots__ = (
        "active_at",
        "available",
        "ceiling",
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
        self.judged: Step | None = None
        self.ceiling = 0
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
