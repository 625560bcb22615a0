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
    # What an order earns is a whole number of it.
    step: int = 1
    credit: "Rules | None" = None

    def tier(self, spend: int) -> Tier:
        """The highest level that this spend reaches."""
        return [tier for tier in self.tiers if tier.spend <= spend][-1]


def in_force(rules: Sequence[Rules], at: datetime) -> Rules:
    """The newest version that had begun."""
    return max((version for version in rules if version.effective_from <= at), key=lambda one: one.effective_from)


def read_rules(document: str, effective_from: datetime) -> Rules:
    """The rules in a programme's text, which loyalty has accepted."""
    said: dict[str, Any] = yaml.safe_load(document)
    levels, rates = said["tiers"]["levels"], _rates(said["earn"])
    points = Rules(
        effective_from=effective_from,
        points_per_billionth=rates["points"],
        hold=timedelta(days=int(said.get("hold", {}).get("days", 0))),
        expiry_days=int(said["expiry"]["days"]) if "expiry" in said else None,
        window=timedelta(days=int(said["tiers"]["window_days"])),
        tiers=tuple(
            Tier(str(level["name"]), round(_exact(level["spend"]) * 10**9), _exact(level.get("multiplier", 1)))
            for level in levels
        ),
    )
    return points if "credit" not in said else points._replace(credit=_credit(points, said["credit"], rates["credit"]))


def _rates(earn: dict[str, Any]) -> dict[str, Fraction]:
    """What a billionth earns in either unit; of rules, one of each unit that asks for nothing."""
    rules = earn.get("rules", [{"points": 1, **earn}])
    rates = {"points": Fraction(0), "credit": Fraction(0)}
    for rule in rules:
        unit = "credit" if "credit" in rule else "points"
        if rates[unit] or "when" in rule:
            raise ValueError("nobody told the checkers about such rules")
        rates[unit] = _exact(rule[unit]) / _exact(rule["per"]) / 10**9
    return rates


def _credit(points: Rules, said: dict[str, Any], rate: Fraction) -> Rules:
    """The rules of credit, in thousandths, as if it were points: no tier multiplies it."""
    days = said.get("expiry_days", points.expiry_days)
    return points._replace(
        points_per_billionth=rate * 1000,
        hold=timedelta(days=int(said["hold_days"])) if "hold_days" in said else points.hold,
        expiry_days=int(days) if days else None,
        tiers=tuple(tier._replace(multiplier=Fraction(1)) for tier in points.tiers),
        step=int(_exact(said["step"]) * 1000),
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
