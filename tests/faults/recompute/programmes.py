"""The rules of points as a shop's programme states them, read anew from its text."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from fractions import Fraction
from importlib.resources import files
from typing import Any, NamedTuple

import yaml

BEGINNING = datetime(1, 1, 1, tzinfo=UTC)


class Tier(NamedTuple):
    """A level, held while net spend (in billionths) reaches ``spend``."""

    name: str
    spend: int
    multiplier: Fraction


class Rules(NamedTuple):
    """One version of a programme."""

    effective_from: datetime
    points_per_billionth: Fraction
    hold: timedelta
    expiry_days: int | None
    window: timedelta
    tiers: tuple[Tier, ...]

    def tier(self, spend: int) -> Tier:
        """The highest level that this spend reaches."""
        return [tier for tier in self.tiers if tier.spend <= spend][-1]


def in_force(rules: Sequence[Rules], at: datetime) -> Rules:
    """The newest version that had begun."""
    return max((version for version in rules if version.effective_from <= at), key=lambda one: one.effective_from)


def read_rules(document: str, effective_from: datetime) -> Rules:
    """The rules in a programme's text, which loyalty has accepted."""
    said: dict[str, Any] = yaml.safe_load(document)
    levels = said["tiers"]["levels"]
    return Rules(
        effective_from=effective_from,
        points_per_billionth=_exact(said["earn"].get("points", 1)) / _exact(said["earn"]["per"]) / 10**9,
        hold=timedelta(days=int(said.get("hold", {}).get("days", 0))),
        expiry_days=int(said["expiry"]["days"]) if "expiry" in said else None,
        window=timedelta(days=int(said["tiers"]["window_days"])),
        tiers=tuple(
            Tier(str(level["name"]), round(_exact(level["spend"]) * 10**9), _exact(level.get("multiplier", 1)))
            for level in levels
        ),
    )


def default_rules(currency: str) -> Rules:
    """What rules a shop that never wrote a programme, from the beginning of time."""
    table = yaml.safe_load(files("loyalty").joinpath("programme/default.yaml").read_text(encoding="utf-8"))
    per = int(table["one_point_per"].get(currency, table["one_point_per"]["other"]))
    text: str = table["document"].replace("{currency}", currency).replace("{per}", str(per))
    for level, points in table["spend_in_points"].items():
        text = text.replace(f"{{{level}}}", str(points * per))
    return read_rules(text, BEGINNING)


def _exact(number: object) -> Fraction:
    return Fraction(str(number))
