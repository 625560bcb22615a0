"""What version 2 of a programme states of its tiers beside spend and multiplier."""

from dataclasses import dataclass

from mandegar.quantities import DAY_US


@dataclass(frozen=True, slots=True)
class Entitlement:
    """A right of a tier: its word, which programs read, its titles by language, and the days by which it is early."""

    word: str
    titles: tuple[tuple[str, str], ...]
    days: int | None = None


@dataclass(frozen=True, slots=True)
class Levels:
    """A drop is announced ``warn_days`` before (None: never). ``entitlements`` has those of each tier, in order."""

    warn_days: int | None
    entitlements: tuple[tuple[Entitlement, ...], ...]

    @property
    def warning(self) -> int | None:
        """How early a drop is announced, in microseconds."""
        return None if self.warn_days is None else self.warn_days * DAY_US
