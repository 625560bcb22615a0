"""Data of the events on ``loyalty.events`` about challenges and badges."""

from datetime import datetime

from msgspec import Struct


class Challenge(Struct, frozen=True, omit_defaults=True, kw_only=True):
    """A completion of a challenge: its name in the programme, and what tells it from other completions."""

    name: str
    id: str


class ChallengeCompleted(Struct, frozen=True, omit_defaults=True, kw_only=True):
    """The customer has completed a challenge at ``at``, for ``points`` and a ``badge`` (empty: none).

    ``titles`` are those of the challenge, by language.
    """

    challenge: Challenge
    at: datetime
    version: int
    titles: dict[str, str]
    points: int = 0
    badge: str = ""


class ChallengeUndone(Struct, frozen=True, omit_defaults=True, kw_only=True):
    """A completion that was announced stands no more since ``at``: what counted for it was refunded or cancelled."""

    challenge: Challenge
    at: datetime
    version: int
    points: int = 0
    badge: str = ""


class BadgeGranted(Struct, frozen=True, omit_defaults=True, kw_only=True):
    """The customer has a badge since ``at``. ``titles`` are those of the badge, by language."""

    badge: str
    at: datetime
    version: int
    titles: dict[str, str]


class BadgeWithdrawn(Struct, frozen=True, omit_defaults=True, kw_only=True):
    """The customer has a badge no more since ``at``, because no completion that wins it stands."""

    badge: str
    at: datetime
    version: int
