"""The keys ``when``, ``base``, ``of`` and ``exclude`` of a rule."""

from typing import Annotated, Literal

from pydantic import Field

from loyalty.domain.conditions import AroundBirthday, Base, When
from loyalty.domain.money import billionths
from loyalty.domain.windows import GREGORIAN, WEEKDAYS
from loyalty.programme.document.amounts import Amount, Days
from loyalty.programme.document.windows import HoursSections, WindowSections
from loyalty.programme.document.words import Words
from mandegar.documents.model import DocumentModel, WholeNumber

Weekday = Literal["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"]
# Half a year to each side would be all days.
BesideBirthday = Annotated[WholeNumber, Field(ge=0, le=100)]
TierNames = Annotated[list[str], Field(min_length=1, max_length=20)]


class BirthdaySection(DocumentModel):
    """The days around the birthday of the customer, if it is known for ``known_days``: that one and those beside it."""

    calendar: Literal["gregorian", "jalali"] = GREGORIAN
    days_before: BesideBirthday = 0
    days_after: BesideBirthday = 0
    known_days: Days = 0

    def days(self) -> AroundBirthday:
        """The days as the rules have them."""
        return AroundBirthday(self.calendar, self.days_before, self.days_after, self.known_days)


class WhenSection(DocumentModel):
    """What a rule asks of an order. All that is stated must hold; of a list one must."""

    tiers: TierNames | None = None
    first_order: bool | None = None
    categories: Words | None = None
    products: Words | None = None
    channels: Words | None = None
    branches: Words | None = None
    weekdays: Annotated[list[Weekday], Field(min_length=1, max_length=7)] | None = None
    dates: WindowSections | None = None
    hours: HoursSections | None = None
    birthday: BirthdaySection | None = None
    min_spend: Amount | None = None

    def when(self, tiers: list[str]) -> When:
        """The conditions as the rules have them; ``tiers`` are the names of the levels."""
        weekdays = None if self.weekdays is None else frozenset(map(WEEKDAYS.index, self.weekdays))
        wanted = self.tiers
        named = None if wanted is None else frozenset([place for place, name in enumerate(tiers) if name in wanted])
        return When(
            tiers=named,
            first_order=self.first_order,
            channels=_set(self.channels),
            branches=_set(self.branches),
            weekdays=weekdays,
            windows=tuple([section.window() for section in self.dates or ()]),
            hours=tuple([section.hours() for section in self.hours or ()]),
            categories=_set(self.categories),
            products=_set(self.products),
            min_spend=0 if self.min_spend is None else billionths(self.min_spend),
            birthday=None if self.birthday is None else self.birthday.days(),
        )


class Exclude(DocumentModel):
    """Parts of an order that do not count. ``gift_cards`` are those that were bought."""

    shipping: bool = False
    tax: bool = False
    gift_cards: bool = False
    paid_with_gift_cards: bool = False
    categories: Words | None = None
    products: Words | None = None


class Counting(DocumentModel):
    """What of an order counts: at which prices, and whether what is in no line counts as well."""

    base: Literal["after_discount", "before_discount"] = "after_discount"
    of: Literal["order", "items"] = "order"
    exclude: Exclude = Exclude()

    def counted(self) -> Base:
        """The base as the rules have it."""
        without = self.exclude
        return Base(
            before_discount=self.base == "before_discount",
            items_only=self.of == "items",
            shipping=not without.shipping,
            tax=not without.tax,
            gift_cards=not without.gift_cards,
            paid_with_gift_cards=not without.paid_with_gift_cards,
            without_categories=_set(without.categories) or frozenset(),
            without_products=_set(without.products) or frozenset(),
        )


def _set(words: list[str] | None) -> frozenset[str] | None:
    return None if words is None else frozenset(words)
