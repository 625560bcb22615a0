"""Data of the events about referrals: what shops post of a friend, and what loyalty says of both sides."""

from datetime import datetime
from typing import Literal
from uuid import UUID

from msgspec import Struct

ReferralState = Literal["waiting", "ordered", "rewarded", "reversed", "review", "rejected", "refused", "expired"]


class SaysWhoReferred(Struct, frozen=True, omit_defaults=True, kw_only=True):
    """What an order says beside its total, by which it is seen who referred the customer, and whether that was somebody
    else: pseudonyms of the code (``referral_codes``), of what paid, and of where the order goes.
    """

    referral: str | None = None
    payer: str | None = None
    ship_to: str | None = None


class ReferralClaimed(Struct, frozen=True, omit_defaults=True, kw_only=True):
    """The customer came by the code of another one, whose pseudonym is ``code_id`` (``referral_codes``)."""

    code_id: str


class ReferralCodeIssued(Struct, frozen=True, omit_defaults=True, kw_only=True):
    """The customer has a personal code. It is not here: ``code_id`` is a keyed hash of it, and it follows from ``seed``
    and the key of the installation.
    """

    code_id: str
    seed: UUID
    at: datetime


class ReferralChanged(Struct, frozen=True, omit_defaults=True, kw_only=True):
    """What became of a referral of this customer, who came by the code of another one.

    It was looked at when it was claimed (``judged``), a person ``decided`` about it, or its referrer was ``told`` of
    its state, for the ``number``-th time. ``place`` tells which of several decisions at one instant came first.
    ``digest`` is that of all that was told: it will earn points at ``due_at``, or does since ``rewarded_at``.
    ``key_id`` and ``subject`` tell who decided.
    """

    referral_id: UUID
    code_id: str
    change: Literal["judged", "decided", "told"]
    state: ReferralState
    at: datetime
    claimed_at: datetime
    reasons: tuple[str, ...] = ()
    number: int = 0
    place: int = 0
    digest: str = ""
    due_at: datetime | None = None
    rewarded_at: datetime | None = None
    key_id: str | None = None
    subject: str | None = None


class ReferralTurn(Struct, frozen=True, omit_defaults=True, kw_only=True):
    """Since ``at`` the referral earns points, or no longer."""

    at: datetime
    earns: bool


class ReferralReported(Struct, frozen=True, omit_defaults=True, kw_only=True):
    """The state of a referral that this customer made. Of several reports about one that of the highest number stands.

    ``turns`` are all instants at which it began or ceased to earn points. While it is ``ordered``, it will earn them at
    ``due_at`` if nothing is returned. ``friend_codes`` are the pseudonyms of the codes of whoever was referred.
    """

    referral_id: UUID
    code_id: str
    number: int
    state: ReferralState
    claimed_at: datetime
    reasons: tuple[str, ...] = ()
    turns: tuple[ReferralTurn, ...] = ()
    due_at: datetime | None = None
    friend_codes: tuple[str, ...] = ()
