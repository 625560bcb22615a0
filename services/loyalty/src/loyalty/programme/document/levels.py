"""The section ``tiers`` of version 2: the levels, what each entitles to, and when a drop is announced."""

from types import MappingProxyType
from typing import Annotated, Self

from pydantic import Field, model_validator

from loyalty.domain.levels import Entitlement, Levels
from loyalty.programme.document.amounts import Days, SomeDays
from loyalty.programme.document.tiers import Level, Tiers
from mandegar.documents.model import DocumentModel, located

ENTITLEMENTS_MAX = 20
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
    """A tier of version 2. It has the entitlements of the levels below it as well."""

    entitlements: Annotated[list[EntitlementSection], Field(max_length=ENTITLEMENTS_MAX)] = Field([])

    @model_validator(mode="after")
    def _are_named_once(self) -> Self:
        names = [each.name for each in self.entitlements]
        errors = [
            (("entitlements", place, "name"), "an entitlement above has the same name")
            for place, name in enumerate(names)
            if name in names[:place]
        ]
        if errors:
            raise located(*errors)
        return self


class EntitledTiers(Tiers):
    """The levels of version 2."""

    levels: Annotated[list[EntitledLevel], Field(min_length=1, max_length=20)]  # type: ignore[assignment]
    warn_days: Days | None = None

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
