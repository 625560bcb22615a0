"""The document of a programme as a shop writes it, and the ``Programme`` it stands for."""

from decimal import Decimal
from functools import lru_cache
from importlib.resources import files
from typing import Annotated, Literal, Self, TypeAlias

import yaml
from pydantic import AfterValidator, Field, ValidationInfo, field_validator, model_validator

from loyalty.domain.programme import BEGINNING, DAYS_MAX, Programme, Tier
from mandegar.documents.kind import DocumentKind
from mandegar.documents.model import DocumentModel, Number, WholeNumber, is_new, located
from mandegar.documents.nodes import InvalidDocument
from mandegar.documents.reading import read_document
from mandegar.documents.rows import Head
from mandegar.events.identity import is_opaque
from mandegar.quantities import to_us
from mandegar.telemetry import metrics
from mandegar.telemetry.logging import logger

log = logger(__name__)

PROGRAMMES = DocumentKind("programme", "programmes", named=False, recomputed=True, versions_max=500, per_day_max=50)

TIERS_MAX = 20
AMOUNT_MAX = Decimal("1e15")
_LEAST_PER = Decimal("0.000001")
# So that points of the largest order, and the sums over many, can be stored.
POINTS_PER_UNIT_MAX = 1000


def _not_too_small(number: Decimal) -> Decimal:
    if number and number.adjusted() < -9:
        raise ValueError("must be 0 or at least 0.000000001")
    return number


Amount: TypeAlias = Annotated[Number, Field(ge=0, le=AMOUNT_MAX), AfterValidator(_not_too_small)]
Multiplier: TypeAlias = Annotated[Number, Field(ge=0, le=1000), AfterValidator(_not_too_small)]
Days: TypeAlias = Annotated[WholeNumber, Field(ge=0, le=DAYS_MAX)]
SomeDays: TypeAlias = Annotated[WholeNumber, Field(ge=1, le=DAYS_MAX)]


class Earn(DocumentModel):
    """``points`` for every ``per`` of net spend."""

    points: Amount = Decimal(1)
    per: Annotated[Number, Field(ge=_LEAST_PER, le=AMOUNT_MAX)]


class Hold(DocumentModel):
    """How long points wait after the payment before they can be used."""

    days: Days


class Expiry(DocumentModel):
    """How long usable points last, and how early their end is announced."""

    days: SomeDays
    warn_days: Days = 14


class Level(DocumentModel):
    """A tier: held while the net spend of the window reaches ``spend``."""

    name: Annotated[str, Field(min_length=1, max_length=60, pattern=r"\S")]
    spend: Amount
    multiplier: Multiplier = Decimal(1)


class Tiers(DocumentModel):
    """The levels, by net spend of the last ``window_days``."""

    window_days: SomeDays
    levels: Annotated[list[Level], Field(min_length=1, max_length=TIERS_MAX)]

    @model_validator(mode="after")
    def _levels_ascend(self) -> Self:
        errors = []
        for position, level in enumerate(self.levels):
            above = self.levels[:position]
            if not above and level.spend != 0:
                errors.append((("levels", 0, "spend"), "the first level is for every customer: its spend must be 0"))
            if above and level.spend <= above[-1].spend:
                errors.append((("levels", position, "spend"), "must be more than the spend of the level above"))
            if level.name in {other.name for other in above}:
                errors.append((("levels", position, "name"), "a level above has the same name"))
        if errors:
            raise located(*errors)
        return self


class ProgrammeDocument(DocumentModel):
    """The whole document. It is checked against the currency of its shop, given as ``currency``."""

    version: Literal["1"]
    currency: str
    earn: Earn
    hold: Hold = Hold(days=0)
    expiry: Expiry | None = None
    tiers: Tiers

    @field_validator("currency")
    @classmethod
    def _is_the_shops(cls, currency: str, info: ValidationInfo) -> str:
        if info.context and currency != info.context["currency"]:
            raise ValueError(f"must be {info.context['currency']}, the currency of the shop")
        return currency

    @model_validator(mode="after")
    def _earns_what_can_be_stored(self, info: ValidationInfo) -> Self:
        most = max(level.multiplier for level in self.tiers.levels)
        if is_new(info) and self.earn.points * most > POINTS_PER_UNIT_MAX * self.earn.per:
            raise located(
                (
                    ("earn",),
                    f"points / per, times the highest multiplier, must be at most {POINTS_PER_UNIT_MAX}"
                    " points for one unit of the currency",
                )
            )
        return self

    def programme(self, *, version: int, effective_from: int) -> Programme:
        """The rules that this document states, as one version of a shop's programme."""
        return Programme(
            version=version,
            effective_from=effective_from,
            currency=self.currency,
            points=self.earn.points,
            per=self.earn.per,
            hold_days=self.hold.days,
            expiry_days=self.expiry.days if self.expiry else None,
            warn_days=self.expiry.warn_days if self.expiry else 0,
            window_days=self.tiers.window_days,
            tiers=tuple(
                # A name that does not look like an id is on no topic: such a level is granted by its place.
                Tier(level.name, level.spend, level.multiplier, "" if is_opaque(level.name) else f"{place}")
                for place, level in enumerate(self.tiers.levels, start=1)
            ),
        )


def parse_programme(text: str, *, version: int, effective_from: int, currency: str, is_new: bool = False) -> Programme:
    """The programme in a YAML text. Raises ``InvalidDocument`` with every error and its line."""
    document = read_document(text, ProgrammeDocument, currency=currency, is_new=is_new)
    return document.programme(version=version, effective_from=effective_from)


def readable_programme(head: Head, text: str, currency: str) -> Programme | None:
    """The programme of a stored version; None if this release cannot read the document, which another has stored."""
    try:
        return parse_programme(text, version=head.version, effective_from=to_us(head.effective_from), currency=currency)
    except InvalidDocument as error:
        log.error("programme_unreadable", shop=head.shop, version=head.version, error=str(error))  # noqa: TRY400
        metrics.DOCUMENTS_UNREADABLE.labels(PROGRAMMES.noun).inc()
        return None


@lru_cache(maxsize=512)
def default_document(currency: str) -> str:
    """The built-in document, in round amounts of ``currency``."""
    table = yaml.safe_load(files("loyalty").joinpath("programme/default.yaml").read_text(encoding="utf-8"))
    unit = str(table["one_point_per"].get(currency, table["one_point_per"]["other"]))
    scale = {f"{{{key}}}": str(int(unit) * int(factor)) for key, factor in table["spend_in_points"].items()}
    text = str(table["document"]).replace("{currency}", currency).replace("{per}", unit)
    for placeholder, amount in scale.items():
        text = text.replace(placeholder, amount)
    return text


@lru_cache(maxsize=512)
def default_programme(currency: str) -> Programme:
    """The built-in programme, in force from the beginning of time."""
    return parse_programme(default_document(currency), version=0, effective_from=BEGINNING, currency=currency)
