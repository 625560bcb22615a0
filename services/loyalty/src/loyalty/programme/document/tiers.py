"""The section ``tiers``."""

from decimal import Decimal
from typing import Annotated, Self

from pydantic import Field, model_validator

from loyalty.domain.programme import Tier
from loyalty.domain.qualifying import SPEND, Measure
from loyalty.programme.document.amounts import Amount, Multiplier, SomeDays
from mandegar.documents.model import DocumentModel, located
from mandegar.documents.nodes import Path
from mandegar.events.identity import is_opaque

TIERS_MAX = 20


class Level(DocumentModel):
    """A tier: held while the net spend of the window reaches ``spend``."""

    name: Annotated[str, Field(min_length=1, max_length=60, pattern=r"\S")]
    spend: Amount
    multiplier: Multiplier = Decimal(1)

    @property
    def measure(self) -> Measure:
        """What the level is reached by."""
        return SPEND

    @property
    def line(self) -> Decimal:
        """How much of it reaches the level."""
        return self.spend


class Tiers(DocumentModel):
    """The levels, by net spend of the last ``window_days``."""

    window_days: SomeDays
    levels: Annotated[list[Level], Field(min_length=1, max_length=TIERS_MAX)]

    @model_validator(mode="after")
    def _levels_ascend(self) -> Self:
        errors: list[tuple[Path, str]] = []
        for position, level in enumerate(self.levels):
            above = self.levels[:position]
            measure = level.measure
            if not above and level.line != 0:
                errors.append(
                    (("levels", 0, measure), f"the first level is for every customer: its {measure} must be 0")
                )
            if above and measure != above[0].measure:
                errors.append((("levels", position, measure), f"all levels are reached by {above[0].measure}"))
            elif above and level.line <= above[-1].line:
                errors.append((("levels", position, measure), f"must be more than the {measure} of the level above"))
            if level.name in {other.name for other in above}:
                errors.append((("levels", position, "name"), "a level above has the same name"))
        if errors:
            raise located(*errors)
        return self

    def in_order(self) -> tuple[Tier, ...]:
        """The levels as the rules have them."""
        return tuple(
            # A name that does not look like an id is on no topic: such a level is granted by its place.
            Tier(level.name, level.line, level.multiplier, "" if is_opaque(level.name) else f"{place}")
            for place, level in enumerate(self.levels, start=1)
        )
