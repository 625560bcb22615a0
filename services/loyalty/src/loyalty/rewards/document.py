"""The catalogue of rewards as a shop writes it, and the ``Reward``s it stands for."""

import re
from collections.abc import Mapping
from datetime import date, datetime
from decimal import Decimal
from typing import Annotated, Final, Literal, Self, TypeAlias, get_args

from pydantic import AfterValidator, Field, field_validator, model_validator

from loyalty.domain.programme import DAYS_MAX, POINTS_MAX
from loyalty.domain.rewards import CouponSource, Limit, Reward, RewardKind
from loyalty.programme.document.amounts import AMOUNT_MAX, ShopsCurrency
from loyalty.programme.document.words import Text, one_line
from mandegar.calendar import ShopDays
from mandegar.documents.kind import DocumentKind
from mandegar.documents.model import DocumentModel, Number, WholeNumber, located
from mandegar.documents.nodes import Path
from mandegar.documents.reading import ReadDocument, read_with_lines
from mandegar.events.identity import is_opaque
from mandegar.quantities import to_us

CATALOGUES = DocumentKind("catalogue", "reward_catalogues", named=False, versions_max=500, per_day_max=50)

REWARDS_MAX = 200
# A reward with all that it can have is some forty nodes.
NODES_MAX = 5_000
STOCK_MAX = 10**9
_PREFIX = re.compile(r"[A-Z0-9]{1,12}")
_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_MINUTE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}[T ][0-9]{2}:[0-9]{2}")

# What each kind needs, and what it may have beside that.
_NEEDS: Final[Mapping[RewardKind, tuple[str, ...]]] = {
    "amount_off": ("amount",),
    "percent_off": ("percent", "at_most"),
    "product": ("products",),
    "sample": ("products",),
    "free_shipping": (),
    "upgrade": ("upgrade",),
    "invitation": ("seats",),
    "gift": ("products",),
    "partner_coupon": ("partner",),
    "charity": ("charity", "amount"),
}
_MAY: Final[Mapping[RewardKind, tuple[str, ...]]] = {"free_shipping": ("at_most",)}
_OF_KINDS: Final = ("amount", "percent", "at_most", "products", "upgrade", "seats", "partner", "charity")


def _moment(text: str) -> str:
    if not (_DAY.fullmatch(text) or _MINUTE.fullmatch(text)):
        raise ValueError("must be a day such as 2026-12-21, or a minute such as 2026-12-21T18:00, in the shop's zone")
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise ValueError("must be a day and time that exist") from None
    if not 2000 <= moment.year <= 2200:
        raise ValueError("must be a year of the Gregorian calendar from 2000 to 2200")
    return text


# What a reward need not have: bounds stand outside, where messages find them.
SomeText: TypeAlias = Annotated[
    str | None, Field(min_length=1, max_length=120, pattern=r"\S"), AfterValidator(one_line)
]
Moment: TypeAlias = Annotated[str, AfterValidator(_moment)]
SomeAmount: TypeAlias = Annotated[Number | None, Field(ge=Decimal("0.001"), le=AMOUNT_MAX)]


class Title(DocumentModel):
    """The title by language; at least one."""

    en: SomeText = None
    fa: SomeText = None

    @model_validator(mode="after")
    def _has_one(self) -> Self:
        if self.en is None and self.fa is None:
            raise located(((), "a title is needed in one language at least: en or fa"))
        return self

    @property
    def by_language(self) -> dict[str, str]:
        return {name: text for name in ("en", "fa") if (text := getattr(self, name)) is not None}


class LimitSection(DocumentModel):
    """How often a customer may take the reward, within so many days of 24 hours or at all."""

    times: Annotated[WholeNumber, Field(ge=1, le=10_000)]
    days: Annotated[WholeNumber | None, Field(ge=1, le=DAYS_MAX)] = None


class Window(DocumentModel):
    """When the reward can be taken: ``until`` a day includes that day, until a minute does not include it."""

    begin: Moment | None = Field(default=None, alias="from")
    until: Moment | None = None

    def bounds(self, days: ShopDays) -> tuple[int | None, int | None]:
        """The first instant of the window, and the first behind it."""
        begin = None if self.begin is None else _instant(self.begin, days, end=False)
        return begin, None if self.until is None else _instant(self.until, days, end=True)

    @model_validator(mode="after")
    def _begins_before_it_ends(self) -> Self:
        if self.begin is not None and self.until is not None and self.begin[:10] > self.until[:10]:
            raise located((("until",), "must not be before from"))
        return self


class RewardSection(DocumentModel):
    """One reward."""

    name: Annotated[str, Field(min_length=1, max_length=60)]
    title: Title
    kind: RewardKind
    price: Annotated[WholeNumber, Field(ge=0, le=POINTS_MAX)]
    amount: SomeAmount = None
    percent: Annotated[Number | None, Field(ge=Decimal("0.01"), le=100)] = None
    at_most: SomeAmount = None
    products: Annotated[list[Text] | None, Field(min_length=1, max_length=50)] = None
    upgrade: SomeText = None
    seats: Annotated[WholeNumber | None, Field(ge=1, le=STOCK_MAX)] = None
    partner: SomeText = None
    charity: SomeText = None
    stock: Annotated[WholeNumber | None, Field(ge=0, le=STOCK_MAX)] = None
    limit: LimitSection | None = None
    window: Window = Window()
    tiers: Annotated[list[Text] | None, Field(min_length=1, max_length=20)] = None
    minimum_spend: SomeAmount = None
    valid_days: Annotated[WholeNumber | None, Field(ge=0, le=DAYS_MAX)] = None
    coupon: CouponSource | None = None
    prefix: str = ""
    back_on_cancel: bool = False

    @field_validator("name")
    @classmethod
    def _is_an_id(cls, name: str) -> str:
        if not is_opaque(name):
            raise ValueError("must look like an id: letters of ASCII, digits, - and _, and no nine digits in a row")
        return name

    @field_validator("prefix")
    @classmethod
    def _is_typed_easily(cls, prefix: str) -> str:
        if prefix and not _PREFIX.fullmatch(prefix):
            raise ValueError("must be 1 to 12 of A-Z and 0-9")
        return prefix

    @model_validator(mode="after")
    def _has_what_its_kind_needs(self) -> Self:
        needs = _NEEDS[self.kind]
        errors: list[tuple[Path, str]] = [
            ((), f"a reward of the kind {self.kind} needs {name}") for name in needs if getattr(self, name) is None
        ]
        errors += [
            ((name,), f"a reward of the kind {self.kind} has no {name}")
            for name in _OF_KINDS
            if name not in (*needs, *_MAY.get(self.kind, ())) and getattr(self, name) is not None
        ]
        if self.seats is not None and self.stock is not None:
            errors.append((("stock",), "seats are the stock of an invitation: leave stock out"))
        if self.kind == "partner_coupon" and self.coupon not in {None, "pool"}:
            errors.append((("coupon",), "the codes of a partner come from a pool"))
        if self.prefix and self.source != "generated":
            errors.append((("prefix",), "only generated codes have a prefix"))
        if self.back_on_cancel and self.source == "none":
            errors.append((("back_on_cancel",), "without a coupon, nothing can come back"))
        if errors:
            raise located(*errors)
        return self

    @property
    def source(self) -> CouponSource:
        """Where the code of its coupons comes from, by default: a partner's from the pool, a donation has none."""
        defaults: dict[str, CouponSource] = {"partner_coupon": "pool", "charity": "none"}
        return self.coupon or defaults.get(self.kind, "generated")

    def reward(self, days: ShopDays, currency: str) -> Reward:
        """The reward that this section states, for a shop whose days are ``days``."""
        begin, end = self.window.bounds(days)
        terms = {name: _plain(value) for name in _OF_KINDS if (value := getattr(self, name)) is not None}
        if "amount" in terms or "at_most" in terms or self.minimum_spend is not None:
            terms["currency"] = currency
        if self.minimum_spend is not None:
            terms["minimum_spend"] = _plain(self.minimum_spend)
        if self.back_on_cancel:
            terms["back_on_cancel"] = True
        return Reward(
            name=self.name,
            kind=self.kind,
            titles=self.title.by_language,
            price=self.price,
            terms=terms,
            coupon=self.source,
            prefix=self.prefix,
            stock=self.stock if self.seats is None else self.seats,
            limit=None if self.limit is None else Limit(self.limit.times, self.limit.days),
            begin=begin,
            end=end,
            tiers=tuple(self.tiers or ()),
            minimum_spend=self.minimum_spend,
            valid_days=self.valid_days,
        )


class CatalogueDocument(DocumentModel):
    """The whole document. It is checked against the currency of its shop, given as ``currency``."""

    version: Literal["1"]
    currency: ShopsCurrency
    rewards: Annotated[list[RewardSection], Field(min_length=0, max_length=REWARDS_MAX)]

    @model_validator(mode="after")
    def _names_are_unique(self) -> Self:
        names = [reward.name for reward in self.rewards]
        errors = [
            (("rewards", place, "name"), "a reward above has the same name")
            for place, name in enumerate(names)
            if name in names[:place]
        ]
        if errors:
            raise located(*errors)
        return self

    def compiled(self, days: ShopDays) -> tuple[Reward, ...]:
        """The rewards, for a shop whose days are ``days``."""
        return tuple(section.reward(days, self.currency) for section in self.rewards)


def read_catalogue(text: str, *, currency: str, is_new: bool = False) -> ReadDocument[CatalogueDocument]:
    """The catalogue in a YAML text, with its lines. Raises ``InvalidDocument`` with every error and its line."""
    return read_with_lines(text, CatalogueDocument, nodes_max=NODES_MAX, currency=currency, is_new=is_new)


def empty_catalogue(currency: str) -> str:
    """The built-in document, which has no rewards."""
    return f"version: 1\ncurrency: {currency}\nrewards: []\n"


def _instant(text: str, days: ShopDays, *, end: bool) -> int:
    if _DAY.fullmatch(text):
        day = date.fromisoformat(text).toordinal()
        return days.end_of(day) if end else days.start_of(day)
    return to_us(datetime.fromisoformat(text).replace(tzinfo=days.zone))


def _plain(value: object) -> object:
    return f"{value:f}" if isinstance(value, Decimal) else value


KINDS: Final[tuple[str, ...]] = get_args(RewardKind)
