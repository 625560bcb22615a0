"""Data of the events on ``loyalty.events``: ledger entries, changes of tier, points about to expire, programmes."""

from datetime import date, datetime
from decimal import Decimal
from typing import Any, Literal
from uuid import UUID

from msgspec import Struct

from mandegar.events.challenges import Challenge

EntryKind = Literal[
    "earn", "open", "activate", "hold", "spend", "release", "expire", "reverse", "repay", "adjust", "transfer"
]


class Balance(Struct, frozen=True, omit_defaults=True, kw_only=True):
    """Whole points: spendable now, waiting for the end of their hold, reserved, owed, and earned less reversals."""

    available: int = 0
    pending: int = 0
    held: int = 0
    debt: int = 0
    lifetime: int = 0


class Act(Struct, frozen=True, omit_defaults=True, kw_only=True):
    """Something that a customer did: the type of its event, and what tells it from other acts of this type.

    ``id`` is the day of a login (days are counted from the first of year 1), the product of a review, the survey, the
    field of a profile; of ``act.done`` its name, a slash, and its subject or else its event. Of an ``occasion`` it is
    rule/day, of a ``surprise`` rule/order, of ``band.crossed`` band/instant, of ``draw.won`` draw/won.
    """

    type: str
    id: str


class LedgerEntry(Struct, frozen=True, omit_defaults=True, kw_only=True):
    """An entry of a customer's points ledger; ``points`` are signed, ``expires_at`` is that of the entry's lot.

    An entry of a lot that the customer brought along (``points.opened``), such as one of the kind ``open``, has its
    ``opening_id`` instead of an ``order_id``, unless an order took points from it.

    An entry of points for another act of the customer has this ``act`` instead.
    An entry of a lot that staff gave (``points.adjusted``) has its ``adjustment_id`` instead.
    An entry of the points for a completed challenge has this ``challenge`` instead.

    An entry of points for a referral has its ``referral`` instead: ``friend`` of somebody who was referred, else the id
    of the referral that the customer made.

    ``earned_as`` is the alias under which the points of the order were earned; its later corrections leave it out.
    ``rules`` are those of the programme by which the points of the order or act changed, if it has several.
    """

    entry_id: UUID
    kind: EntryKind
    points: int
    lot_id: UUID
    effective_at: datetime
    order_id: str | None = None
    expires_at: datetime | None = None
    earned_as: str | None = None
    opening_id: str | None = None
    act: Act | None = None
    adjustment_id: UUID | None = None
    challenge: Challenge | None = None
    rules: tuple[str, ...] = ()
    referral: str | None = None


class BudgetDrawn(Struct, frozen=True, omit_defaults=True, kw_only=True):
    """What a budget of the shop gave for an act, or got back where ``points`` are negative.

    ``asked`` is what the act was worth then; if less was given, the budget had no more. ``number`` counts the draws of
    an act. ``period`` numbers the periods ``per`` of the budget; both are empty where it has none.
    """

    act: Act
    acted_at: datetime
    rule: str
    budget: str
    points: int
    asked: int
    number: int
    per: str = ""
    period: int = 0


class PointsPosted(Struct, frozen=True, omit_defaults=True, kw_only=True):
    """Ledger entries posted together, and the balance after them. ``version`` is the ledger's after the last entry.

    ``merged_into``: the customer is an alias of that one now, whose ledger has these points; nothing is left here.
    ``announced_tier`` is set where the orders of aliases were taken over: the tier that the customer was last told of,
    under whichever id. Both may come without entries.
    """

    entries: tuple[LedgerEntry, ...]
    balance: Balance
    version: int
    tier: str
    merged_into: str | None = None
    announced_tier: str | None = None


class TierChanged(Struct, frozen=True, omit_defaults=True, kw_only=True):
    tier: str
    previous: str
    at: datetime
    version: int


class TierAtRisk(Struct, frozen=True, omit_defaults=True, kw_only=True):
    """The customer loses ``tier`` at ``until`` and falls to ``falls_to``, unless ``missing`` is spent before, in the
    currency of the shop. Not ``at_risk``: that drop, which was announced, no longer comes; the other fields are empty.

    Where the ``measure`` is ``invoice``, ``missing`` is what one order must come to; where it is ``points`` or
    ``orders``, so many are missing as ``missing_count`` says.
    """

    until: datetime
    at_risk: bool = True
    tier: str = ""
    falls_to: str = ""
    missing: Decimal | None = None
    currency: str = ""
    measure: str = "spend"
    missing_count: int | None = None


class PointsExpiring(Struct, frozen=True, omit_defaults=True, kw_only=True):
    """``points`` of the customer expire at ``expires_at`` unless they are spent before."""

    points: int
    expires_at: datetime
    available: int


class ProgrammeChanged(Struct, frozen=True, omit_defaults=True, kw_only=True):
    """A programme document and when it takes effect; balances can be recomputed from the topics only with it.

    ``withdrawn``: the version was to come and never takes effect. ``words`` are those in the document that other events
    name by a hash (``identity.opaque_word``).
    """

    version: int
    effective_from: datetime
    document: str
    withdrawn: bool = False
    words: dict[str, str] = {}


class RewardsChanged(Struct, frozen=True, omit_defaults=True, kw_only=True):
    """A catalogue of rewards and when it takes effect.

    ``withdrawn``: the version was to come and never takes effect.
    """

    version: int
    effective_from: datetime
    document: str
    withdrawn: bool = False


AdjustmentState = Literal["waiting", "applied", "refused"]


class TakenPoints(Struct, frozen=True, omit_defaults=True, kw_only=True):
    """Points of one lot. ``earned_by`` is the id of its order; what is no order begins with a word and U+001F."""

    earned_by: str
    points: int


class TakenCredit(Struct, frozen=True, omit_defaults=True, kw_only=True):
    """Credit that staff took of one lot, in the currency of the shop."""

    earned_by: str
    amount: Decimal


class PointsAdjusted(Struct, frozen=True, omit_defaults=True, kw_only=True):
    """Staff gave ``points`` or took them (below 0), asked a second person to (``waiting``), or that was ``refused``.

    ``lots`` are those that points were taken of, ``owed`` is what nobody had. ``place`` tells which of several changes
    at one instant came first. ``key_id`` and ``subject`` tell who did it; a subject that does not look like an id is
    its keyed hash. The note is left out.

    Of credit in money ``points`` are 0: ``credit`` is what was given or taken, ``credit_lots`` and ``credit_owed`` are
    what ``lots`` and ``owed`` are of points.
    """

    adjustment_id: UUID
    state: AdjustmentState
    points: int
    reason: str
    at: datetime
    asked_at: datetime
    key_id: str
    last_day: date | None = None
    allow_debt: bool = False
    lots: tuple[TakenPoints, ...] = ()
    owed: int = 0
    place: int = 0
    subject: str | None = None
    credit: Decimal | None = None
    credit_lots: tuple[TakenCredit, ...] = ()
    credit_owed: Decimal = Decimal(0)


RedemptionChange = Literal["reserved", "confirmed", "cancelled", "returned"]


class RedeemedPoints(Struct, frozen=True, omit_defaults=True, kw_only=True):
    """Points of one lot. ``earned_by`` is the id of its order; what is no order begins with a word and U+001F."""

    lot_id: UUID
    earned_by: str
    points: int
    earned_at: datetime
    expires_at: datetime | None = None


class RedeemedCredit(Struct, frozen=True, omit_defaults=True, kw_only=True):
    """Credit of one lot, in the currency of the shop. ``earned_by`` is ``credit``, U+001F and the id of its order."""

    lot_id: UUID
    earned_by: str
    amount: Decimal
    earned_at: datetime
    expires_at: datetime | None = None


class RewardTaken(Struct, frozen=True, omit_defaults=True, kw_only=True):
    """The reward that a redemption takes, as it was when it was reserved. ``coupon`` says where its code is from."""

    reward: str
    kind: str
    terms: dict[str, Any]
    coupon: str
    prefix: str = ""
    valid_days: int | None = None
    coupon_id: UUID | None = None


class RedemptionChanged(Struct, frozen=True, omit_defaults=True, kw_only=True):
    """Points were reserved, spent (``confirmed``), released (``cancelled``) or given back (``returned``).

    ``at`` is when, ``place`` tells which of several changes at one instant came first. ``points`` and ``lots`` are
    those that were reserved, ``discount`` is what they pay of the order: all of them, or ``paid_points`` of them if the
    redemption takes a reward too. Of a return, ``given_back`` are those that
    came back with it, and ``returned`` counts all that ever did. A reservation that is neither confirmed nor cancelled
    ends at ``expires_at`` by itself.

    ``credit`` is what was reserved in money beside the points, of ``credit_lots``. It comes back as they do
    (``credit_given_back``, ``credit_returned``), and pays its part of the ``discount`` at its face.
    """

    redemption_id: UUID
    change: RedemptionChange
    points: int
    lots: tuple[RedeemedPoints, ...]
    at: datetime
    reserved_at: datetime
    expires_at: datetime
    place: int = 0
    order_id: str | None = None
    reference: str | None = None
    reward: RewardTaken | None = None
    given_back: tuple[RedeemedPoints, ...] = ()
    returned: int = 0
    return_reference: str | None = None
    discount: Decimal | None = None
    currency: str | None = None
    paid_points: int | None = None
    credit: Decimal | None = None
    credit_lots: tuple[RedeemedCredit, ...] = ()
    credit_given_back: tuple[RedeemedCredit, ...] = ()
    credit_returned: Decimal | None = None


class TillCodeIssued(Struct, frozen=True, omit_defaults=True, kw_only=True):
    """A one-time code for the customer, who says it at a till to spend points or credit, or to take a reward.

    ``currency`` is that of ``credit``.
    """

    code_id: UUID
    code: str
    expires_at: datetime
    points: int | None = None
    reward: str | None = None
    credit: Decimal | None = None
    currency: str | None = None
