"""A programme as a shop writes it, checked word by word. Scalars arrive as text, so that amounts stay exact."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal, InvalidOperation
from typing import TypeAlias

from loyalty.domain.programme import DAYS_MAX, Programme, Tier

Document: TypeAlias = str | list["Document"] | dict[str, "Document"]
Path: TypeAlias = tuple[str | int, ...]

FORM = "1"
TIERS_MAX = 20
AMOUNT_MAX = Decimal("1e15")


class InvalidProgramme(ValueError):
    """The document is no programme; ``errors`` say where and why."""

    def __init__(self, errors: list[tuple[Path, str]]) -> None:
        super().__init__("; ".join(f"{'.'.join(map(str, path)) or 'document'}: {why}" for path, why in errors))
        self.errors = errors


@dataclass(slots=True)
class _Reading:
    errors: list[tuple[Path, str]] = field(default_factory=list)

    def wrong(self, path: Path, why: str) -> None:
        self.errors.append((path, why))

    def mapping(self, value: Document | None, path: Path, keys: Mapping[str, bool]) -> dict[str, Document]:
        """The mapping at ``path``; ``keys`` says of each key whether it must be there."""
        if not isinstance(value, dict):
            self.wrong(path, "a mapping is needed here")
            return {}
        for key in value:
            if key not in keys:
                self.wrong((*path, key), f"unknown key; known here: {', '.join(keys)}")
        for key, needed in keys.items():
            if needed and key not in value:
                self.wrong(path, f"the key {key} is missing")
        return value

    def section(self, root: Mapping[str, Document], name: str, keys: Mapping[str, bool]) -> dict[str, Document]:
        """A mapping below the root; empty where it is absent."""
        return self.mapping(root[name], (name,), keys) if name in root else {}

    def number(self, value: Document | None, path: Path, *, least: str, most: Decimal, otherwise: str = "1") -> Decimal:
        """The decimal at ``path`` from ``least`` to ``most``; the default where it is absent or wrong."""
        if value is None:
            return Decimal(otherwise)
        try:
            number = Decimal(value) if isinstance(value, str) else Decimal("NaN")
        except InvalidOperation:
            number = Decimal("NaN")
        if not number.is_finite() or not Decimal(least) <= number <= most or number.normalize().adjusted() < -9:
            self.wrong(path, f"a number from {least} to {most:f} is needed here")
            return Decimal(otherwise)
        return number

    def days(self, value: Document | None, path: Path, *, least: int = 0, otherwise: int) -> int:
        """A whole number of days."""
        number = self.number(value, path, least=str(least), most=Decimal(DAYS_MAX), otherwise=str(otherwise))
        if number != number.to_integral_value():
            self.wrong(path, "a whole number of days is needed here")
        return int(number)


def read_programme(document: Document, *, version: int, effective_from: int, currency: str) -> Programme:
    """The programme that ``document`` describes, for a shop that sells in ``currency``.

    Raises ``InvalidProgramme`` with everything that is wrong with it.
    """
    reading = _Reading()
    needed = {"version": True, "currency": True, "earn": True, "hold": False, "expiry": False, "tiers": True}
    root = reading.mapping(document, (), needed)
    if root.get("version", FORM) != FORM:
        reading.wrong(("version",), f"this release reads version {FORM} of the form")
    if root.get("currency", currency) != currency:
        reading.wrong(("currency",), f"the shop sells in {currency}")
    earn = reading.section(root, "earn", {"points": False, "per": True})
    hold = reading.section(root, "hold", {"days": True})
    expiry = reading.section(root, "expiry", {"days": True, "warn_days": False})
    tiers = reading.section(root, "tiers", {"window_days": True, "levels": True})
    programme = Programme(
        version=version,
        effective_from=effective_from,
        currency=currency,
        points=reading.number(earn.get("points"), ("earn", "points"), least="0", most=AMOUNT_MAX),
        per=reading.number(earn.get("per"), ("earn", "per"), least="0.000001", most=AMOUNT_MAX),
        hold_days=reading.days(hold.get("days"), ("hold", "days"), otherwise=0),
        expiry_days=reading.days(expiry["days"], ("expiry", "days"), least=1, otherwise=1)
        if "days" in expiry
        else None,
        warn_days=reading.days(expiry.get("warn_days"), ("expiry", "warn_days"), otherwise=14),
        window_days=reading.days(tiers.get("window_days"), ("tiers", "window_days"), least=1, otherwise=365),
        tiers=_tiers(reading, tiers.get("levels")),
    )
    if reading.errors:
        raise InvalidProgramme(reading.errors)
    return programme


def _tiers(reading: _Reading, levels: Document | None) -> tuple[Tier, ...]:
    path: Path = ("tiers", "levels")
    lowest = (Tier("", Decimal(0), Decimal(1)),)
    if levels is None:
        return lowest
    if not isinstance(levels, list) or not 1 <= len(levels) <= TIERS_MAX:
        reading.wrong(path, f"a list of 1 to {TIERS_MAX} levels is needed here")
        return lowest
    tiers: list[Tier] = []
    for position, level in enumerate(levels):
        here = (*path, position)
        words = reading.mapping(level, here, {"name": True, "spend": True, "multiplier": False})
        name = words.get("name", "")
        if not isinstance(name, str) or not name.strip() or len(name) > 60:
            reading.wrong((*here, "name"), "a name of 1 to 60 characters is needed here")
            name = ""
        spend = reading.number(words.get("spend"), (*here, "spend"), least="0", most=AMOUNT_MAX, otherwise="0")
        if position == 0 and spend != 0:
            reading.wrong((*here, "spend"), "the first level is everybody's: its spend is 0")
        if tiers and spend <= tiers[-1].spend:
            reading.wrong((*here, "spend"), "levels must ascend by spend")
        if name in {tier.name for tier in tiers}:
            reading.wrong((*here, "name"), "this name is taken by a level above")
        multiplier = reading.number(words.get("multiplier"), (*here, "multiplier"), least="0", most=Decimal(1000))
        tiers.append(Tier(name, spend, multiplier))
    return tuple(tiers)
