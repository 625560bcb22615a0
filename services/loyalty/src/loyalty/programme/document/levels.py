"""The section ``tiers`` of version 2: the levels, how they are reached and lost, what each entitles to."""

from decimal import Decimal
from types import MappingProxyType
from typing import Annotated, Literal, Self

from pydantic import Field, ValidationInfo, model_validator

from loyalty.domain.levels import Entitlement, Levels
from loyalty.domain.programme import POINTS_MAX
from loyalty.domain.qualifying import (
    INVOICE,
    NEVER,
    ORDERS,
    POINTS,
    SPEND,
    TO_FIT,
    Losing,
    Measure,
    Qualifying,
    Terms,
)
from loyalty.domain.windows import GREGORIAN
from loyalty.programme.document.amounts import Amount, Days, SomeDays
from loyalty.programme.document.tiers import Level, Tiers
from mandegar.documents.model import DocumentModel, WholeNumber, is_new, located
from mandegar.documents.nodes import Path

ENTITLEMENTS_MAX = 20
ORDERS_MAX = 1_000_000
_MONTHS = MappingProxyType({"month": 1, "quarter": 3, "half_year": 6, "year": 12})
# Words that front ends know, with their titles; a shop may give others.
TITLES = MappingProxyType(
    {
        "early_access": {"en": "Early access", "fa": "دسترسی زودتر"},
        "free_shipping": {"en": "Free shipping", "fa": "ارسال رایگان"},
        "exclusive_sale": {"en": "Exclusive sales", "fa": "حراج ویژه"},
        "pay_later": {"en": "Buy now, pay later", "fa": "خرید اعتباری"},
    }
)
Title = Annotated[str, Field(min_length=1, max_length=120, pattern=r"\S")]


class EntitlementSection(DocumentModel):
    """A right of a level, by a word that programs read."""

    name: Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]{0,39}$")]
    title: Annotated[dict[Annotated[str, Field(pattern=r"^[a-z]{2}$")], Title], Field(max_length=20)] = Field({})
    days: SomeDays | None = None

    @model_validator(mode="after")
    def _has_a_title(self) -> Self:
        if not self.title and self.name not in TITLES:
            raise located(((), f"needs a title, because its name is none of {', '.join(TITLES)}"))
        return self

    def entitlement(self) -> Entitlement:
        """The right as the rules have it; a title of the shop stands instead of the usual one."""
        titles = {**TITLES.get(self.name, {}), **self.title}
        return Entitlement(self.name, tuple(sorted(titles.items())), self.days)


class EntitledLevel(Level):
    """A tier of version 2, reached by one measure. It has the entitlements of the levels below it as well."""

    spend: Amount | None = None  # type: ignore[assignment]
    points: Annotated[WholeNumber, Field(ge=0, le=POINTS_MAX)] | None = None
    orders: Annotated[WholeNumber, Field(ge=0, le=ORDERS_MAX)] | None = None
    invoice: Amount | None = None
    entitlements: Annotated[list[EntitlementSection], Field(max_length=ENTITLEMENTS_MAX)] = Field([])

    @model_validator(mode="after")
    def _are_named_once(self) -> Self:
        names = [each.name for each in self.entitlements]
        errors: list[tuple[Path, str]] = [
            (("entitlements", place, "name"), "an entitlement above has the same name")
            for place, name in enumerate(names)
            if name in names[:place]
        ]
        if len(self._lines()) != 1:
            errors.append(((), "one of spend, points, orders and invoice is needed: what reaches the level"))
        if errors:
            raise located(*errors)
        return self

    @property
    def measure(self) -> Measure:
        """What the level is reached by."""
        return next(iter(self._lines()))

    @property
    def line(self) -> Decimal:
        """How much of it reaches the level."""
        return next(iter(self._lines().values()))

    def _lines(self) -> dict[Measure, Decimal]:
        stated: dict[Measure, Decimal | int | None] = {
            SPEND: self.spend,
            POINTS: self.points,
            ORDERS: self.orders,
            INVOICE: self.invoice,
        }
        return {measure: line + Decimal(0) for measure, line in stated.items() if line is not None}


class TermSection(DocumentModel):
    """A window that begins with each ``period`` of a calendar, instead of a rolling one.

    A level that was reached is held to the end of the next period, or of this one.
    """

    period: Literal["month", "quarter", "half_year", "year"]
    calendar: Literal["gregorian", "jalali"] = GREGORIAN
    keep: Literal["next_period", "this_period"] = "next_period"

    def terms(self) -> Terms:
        """The periods as the rules have them."""
        return Terms(self.calendar, _MONTHS[self.period], 1 if self.keep == "next_period" else 0)


class EntitledTiers(Tiers):
    """The levels of version 2: by what is measured in a rolling window or in periods of a calendar."""

    window_days: SomeDays | None = None  # type: ignore[assignment]
    window: TermSection | None = None
    grace_days: Days = 0
    drop: Losing = TO_FIT
    levels: Annotated[list[EntitledLevel], Field(min_length=1, max_length=20)]  # type: ignore[assignment]
    warn_days: Days | None = None

    @model_validator(mode="after")
    def _has_a_window(self, info: ValidationInfo) -> Self:
        errors: list[tuple[Path, str]] = []
        if (self.window_days is None) == (self.window is None):
            errors.append(((), "one of window_days and window is needed"))
        if self.window is not None and self.grace_days >= 28 * _MONTHS[self.window.period]:
            errors.append((("grace_days",), f"must be shorter than a {self.window.period}"))
        if is_new(info) and self.drop == NEVER and self.grace_days:
            errors.append((("grace_days",), "no tier is ever lost, so there is no grace"))
        if is_new(info) and self.drop == NEVER and self.warn_days is not None:
            errors.append((("warn_days",), "no tier is ever lost, so there is nothing to warn of"))
        if errors:
            raise located(*errors)
        return self

    def qualifying(self) -> Qualifying | None:
        """How levels are reached and lost; None if by the net spend of a rolling window alone."""
        terms = None if self.window is None else self.window.terms()
        stated = Qualifying(self.levels[0].measure, terms, self.grace_days, self.drop)
        return None if stated.is_plain or len(self.levels) == 1 else stated

    def rules(self) -> Levels | None:
        """What the rules have beside spend and multiplier; None if the document states nothing of it."""
        if self.warn_days is None and not any(level.entitlements for level in self.levels):
            return None
        held: dict[str, Entitlement] = {}
        entitlements = []
        for level in self.levels:
            held = {**held, **{each.name: each.entitlement() for each in level.entitlements}}
            entitlements.append(tuple(held.values()))
        return Levels(self.warn_days, tuple(entitlements))
