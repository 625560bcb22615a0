"""What is dated in a customer's future."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any, Final, NamedTuple

from churn.domain.assessment import Assessment, assess
from churn.domain.bands import BANDS
from churn.domain.customer import Customer, Terms
from churn.domain.forecast import words
from churn.domain.forecast.words import Language
from churn.domain.timeline.sentences import sentence
from mandegar.calendar import ShopDays
from mandegar.quantities import from_us, to_us

# The types of entries of a history that tell of the future, or that such a warning is out of date.
WARNINGS: Final = ("points_expiring", "tier_at_risk", "tier")


class Change(NamedTuple):
    """Something that happens at an instant."""

    at_us: int
    kind: str
    text: str
    fields: Mapping[str, Any]


def crossings_ahead(customer: Customer, terms: Terms, now: datetime, language: Language) -> Iterator[Change]:
    """The bands that silence will bring, each assessed at its instant as it will be then. Raises ``OrdersMissing``."""
    assessed: Assessment | None = assess(customer, terms.model, terms.days, now, language)
    for _ in BANDS:
        if assessed is None or assessed.next is None:
            return
        coming, band = assessed.next, assessed.band
        assessed = assess(customer, terms.model, terms.days, from_us(coming.at_us), language)
        if assessed is None:
            return
        on_day = terms.days.day_of(coming.at_us)
        text = words.next_line(coming.band, on_day - terms.days.day_of(to_us(now)), on_day, language)
        fields = {"band": coming.band, "previous": band, "risk": assessed.risk}
        yield Change(coming.at_us, "band_crosses", text, fields)


def warned_of(
    entries: Sequence[tuple[str, Mapping[str, Any]]], days: ShopDays, now_us: int, language: Language
) -> Iterator[Change]:
    """What loyalty has warned of and is still to come. ``entries`` are types and fields, newest first.

    Of two warnings about one instant the newer counts; a change of tier ends the warnings before it.
    """
    expiring: set[int] = set()
    tier_is_told = False
    for type_, fields in entries:
        if type_ == "points_expiring":
            at_us = fields["expires_us"]
            if at_us > now_us and at_us not in expiring:
                yield Change(
                    at_us, "points_expire", sentence(type_, fields, days, language), {"points": fields["points"]}
                )
            expiring.add(at_us)
        elif not tier_is_told:
            tier_is_told = True
            if type_ == "tier_at_risk" and fields["at_risk"] and fields["until_us"] > now_us:
                told = {name: fields[name] for name in ("tier", "falls_to", "missing", "currency") if name in fields}
                yield Change(fields["until_us"], "tier_ends", sentence(type_, fields, days, language), told)
