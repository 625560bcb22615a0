"""The section ``examples``: what happens to a customer, and what they have then. They must hold to be stored."""

from collections.abc import Iterable, Sequence
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from typing import Annotated, Any, Self, TypeAlias

from pydantic import BeforeValidator, Field, model_validator

from loyalty.domain.act_rules import ANSWERED, AWAY, COMPLETED, DONE, LOGGED_IN, REVIEWED
from loyalty.domain.acts import key_of_act
from loyalty.domain.examples import Example, differences, outcome_of
from loyalty.domain.lines import Lines, line_of, lines_together
from loyalty.domain.money import billionths
from loyalty.domain.orders import ACTED, CANCELLED, DELIVERED, PAID, REFUND, Fact
from loyalty.domain.programme import POINTS_MAX, Programme
from loyalty.domain.referral_facts import FRIEND, OPEN, Report, judged_fact, key_of_report, reported_fact
from loyalty.domain.referrals import REVERSED, REWARDED
from loyalty.domain.windows import GREGORIAN, JALALI, day_of
from loyalty.domain.yearly import code_of
from loyalty.domain.zones import always
from loyalty.programme.document.acts import ActType
from loyalty.programme.document.amounts import Amount
from loyalty.programme.document.gifts import Band
from loyalty.programme.document.words import Word
from mandegar.calendar import ShopDays
from mandegar.documents.model import DocumentModel, Number, WholeNumber, located
from mandegar.documents.nodes import Path
from mandegar.quantities import to_us, whole_of

EXAMPLES_MAX = 100
EVENTS_MAX = 20
# From the first thing that happens to the last: occasions and periods come each year.
SPAN_MAX = timedelta(days=3660)
# Of all examples of a programme together; each takes about 50 us.
OCCASIONS_MAX = 5_000
_JALALI_YEARS = range(1300, 1500)
_ABOUT_SOMETHING = (REVIEWED, ANSWERED, COMPLETED)


def _day_in(text: str) -> int:
    """The number of a day in either calendar: years before 1500 are Jalali. Raises ``ValueError``."""
    year, month, number = (whole_of(part) for part in text.split("-"))
    return day_of(year, month, number, JALALI if year in _JALALI_YEARS else GREGORIAN)


def _date_told(value: Any) -> int:
    try:
        return code_of(_day_in(value if isinstance(value, str) else ""))
    except (ValueError, OverflowError):
        raise ValueError("must be a date such as 1991-03-21 or 1370-01-01") from None


def _moment(value: Any) -> datetime:
    """A day, or a day and a time."""
    text = value if isinstance(value, str) else ""
    day, _, clock = text.replace("T", " ").partition(" ")
    try:
        ordinal = _day_in(day)
        at = time.fromisoformat(clock) if clock else time(12)
    except (ValueError, OverflowError):
        at = None
    if at is None or at.tzinfo is not None or not 1990 <= date.fromordinal(ordinal).year <= 2200:
        raise ValueError("must be a day and a time in the zone of the shop, such as 2026-12-21 20:30 or 1405-09-30")
    return datetime.combine(date.fromordinal(ordinal), at)


DateTold: TypeAlias = Annotated[int, BeforeValidator(_date_told)]
Moment: TypeAlias = Annotated[datetime, BeforeValidator(_moment)]
Name: TypeAlias = Annotated[str, Field(min_length=1, max_length=60, pattern=r"^\S+$")]
Points: TypeAlias = Annotated[WholeNumber, Field(ge=0, le=POINTS_MAX)]
Quantity: TypeAlias = Annotated[Number, Field(ge=0, le=1_000_000)]


class ItemSection(DocumentModel):
    """A line of an order."""

    product: Word
    price: Amount
    quantity: Quantity = Decimal(1)
    category: Word | None = None
    gift_card: bool = False


class HappensSection(DocumentModel):
    """One thing that happens at ``at``: an order is paid, refunded by an amount, delivered, or cancelled, or the
    customer ``did`` something else, with a ``subject`` or, of ``act.done``, an ``act``; they ``told`` a ``date`` as a
    field of the profile; or they ``crossed`` into a band. They ``claimed`` a code by which they came; a friend whom
    they ``referred`` has ordered and kept it, or ``returned`` the order later.
    """

    at: Moment
    paid: Name | None = None
    refunded: Name | None = None
    delivered: Name | None = None
    cancelled: Name | None = None
    did: ActType | None = None
    told: Annotated[str | None, Field(min_length=1, max_length=64)] = None
    date: DateTold | None = None
    crossed: Band | None = None
    claimed: Name | None = None
    referred: Name | None = None
    returned: Moment | None = None
    act: Name | None = None
    subject: Word | None = None
    total: Amount | None = None
    amount: Amount | None = None
    items: Annotated[list[ItemSection], Field(max_length=50)] | None = None
    channel: Word | None = None
    branch: Word | None = None
    discount: Amount | None = None
    shipping: Amount = Decimal(0)
    tax: Amount = Decimal(0)
    gift_cards: Amount = Decimal(0)

    @model_validator(mode="after")
    def _is_one_thing(self) -> Self:
        happens = (
            self.paid, self.refunded, self.delivered, self.cancelled, self.did, self.told, self.crossed, self.claimed,
            self.referred,
        )  # fmt: skip
        if len([name for name in happens if name is not None]) != 1:
            raise located(
                (
                    (),
                    "one of paid, refunded, delivered and cancelled must name an order, did an act, told a field of "
                    "the profile, crossed a band, claimed a code, or referred a friend",
                )
            )
        if (self.told is None) != (self.date is None):
            raise located((("date",), "the date that is told, and of nothing else, is needed"))
        if (self.act is not None) != (self.did == DONE):
            raise located((("act",), f"is for {DONE}, and required there: the name of the act"))
        if self.did in _ABOUT_SOMETHING and self.subject is None:
            raise located((("subject",), "is required: the product of a review, the survey, the field of a profile"))
        if self.returned is not None and (self.referred is None or self.returned <= self.at):
            raise located((("returned",), "is later, and for the friend who was referred"))
        if (self.paid is None) != (self.total is None):
            raise located((("total",), "the total of an order that is paid, and of no other, is needed"))
        if (self.refunded is None) != (self.amount is None):
            raise located((("amount",), "the amount of a refund, and of nothing else, is needed"))
        return self

    def fact(self, place: int, zone: ShopDays) -> tuple[str, Fact]:
        """The order, and what the event states about it."""
        at, event_id = to_us(self.at.replace(tzinfo=zone.zone)), f"e{place:03}"
        if self.told is not None:
            return key_of_act(COMPLETED, self.told), Fact(at, event_id, ACTED, self.date or 0)
        if self.crossed is not None:
            return key_of_act(AWAY, f"{self.crossed}/{event_id}"), Fact(at, event_id, ACTED, 0)
        if self.claimed is not None:
            return FRIEND, judged_fact(at, event_id, self.claimed, event_id, OPEN, ())
        if self.referred is not None:
            return self._reported(at, event_id, zone)
        if self.did is not None:
            where = Lines(channel=self.channel or "", branch=self.branch or "")
            fact = Fact(at, event_id, ACTED, 0, lines=where)
            return key_of_act(self.did, self._act_id(event_id, zone.day_of(at))), fact
        if self.paid is not None:
            return self.paid, Fact(at, event_id, PAID, billionths(self.total or Decimal(0)), at, lines=self._lines())
        if self.refunded is not None:
            return self.refunded, Fact(at, event_id, REFUND, billionths(self.amount or Decimal(0)), 0, event_id)
        if self.delivered is not None:
            return self.delivered, Fact(at, event_id, DELIVERED, 0)
        return self.cancelled or "", Fact(at, event_id, CANCELLED, 0, at)

    def _reported(self, at: int, event_id: str, zone: ShopDays) -> tuple[str, Fact]:
        turns, state = [(at, True)], REWARDED
        if self.returned is not None:
            turns, state = [*turns, (to_us(self.returned.replace(tzinfo=zone.zone)), False)], REVERSED
        report = Report(self.referred or "", "", 1, at, state, (), tuple(turns))
        return key_of_report(report.referral_id), reported_fact(event_id, report)

    def _act_id(self, event_id: str, day: int) -> str:
        if self.did == LOGGED_IN:
            return str(day)
        return f"{self.act}/{self.subject or event_id}" if self.did == DONE else self.subject or ""

    def _lines(self) -> Lines:
        return Lines(
            lines_together(
                [
                    line_of(item.product, item.quantity, item.price, item.category, item.gift_card)
                    for item in self.items or ()
                ]
            ),
            self.channel or "",
            self.branch or "",
            billionths(self.shipping),
            billionths(self.tax),
            billionths(self.gift_cards),
            None if self.discount is None else billionths(self.discount),
        )


class GivenSection(DocumentModel):
    """What was before: a tier that the customer holds at least, and orders whose points are not counted."""

    tier: str | None = None
    orders: Annotated[list[HappensSection], Field(max_length=EVENTS_MAX)] | None = None


class ThenSection(DocumentModel):
    """What the customer has then. ``points``, ``credit`` and ``rules`` are those of the orders in ``when``.

    ``challenges`` says how often each is completed, ``coupons`` which occasions have given one that can be used.
    """

    points: Points | None = None
    credit: Amount | None = None
    rules: dict[str, Points] | None = None
    pending: Points | None = None
    available: Points | None = None
    debt: Points | None = None
    credit_available: Amount | None = None
    tier: str | None = None
    challenges: dict[str, Annotated[WholeNumber, Field(ge=0, le=1_000)]] | None = None
    badges: Annotated[list[str], Field(max_length=50)] | None = None
    coupons: Annotated[list[str], Field(max_length=50)] | None = None

    @model_validator(mode="after")
    def _says_something(self) -> Self:
        if not self.model_fields_set:
            raise located(((), f"at least one of {', '.join(type(self).model_fields)} is needed"))
        return self


class ExampleSection(DocumentModel):
    """``given`` what was before, ``when`` something happens, ``then`` the customer has so much at ``now``.

    Without ``now`` that is at the last thing that happens.
    """

    name: Annotated[str, Field(min_length=1, max_length=200)]
    given: GivenSection = GivenSection()
    when: Annotated[list[HappensSection], Field(min_length=1, max_length=EVENTS_MAX)]
    now: Moment | None = None
    then: ThenSection

    def example(self, zone: ShopDays) -> Example:
        """The example as the domain walks it."""
        happens = [*(self.given.orders or ()), *self.when]
        facts = [one.fact(place, zone) for place, one in enumerate(happens)]
        now = self.now or max(one.at for one in happens)
        earlier = {order_id for order_id, _ in facts[: len(self.given.orders or ())]}
        return Example(tuple(facts), to_us(now.replace(tzinfo=zone.zone)), self.given.tier, frozenset(earlier))

    @property
    def lasts(self) -> timedelta:
        """From the first moment that the example names to the last."""
        happens = [*(self.given.orders or ()), *self.when]
        moments: list[datetime] = [one.at for one in happens] + [
            one.returned for one in happens if one.returned is not None
        ]
        if self.now is not None:
            moments.append(self.now)
        return max(moments) - min(moments)

    def failures(self, programme: Programme, zone: ShopDays) -> Iterable[tuple[Path, str]]:
        """What is not as the example says, with its path below the example."""
        if self.lasts > SPAN_MAX:
            yield ("now",), f"an example may last ten years, this one lasts {self.lasts.days // 365}"
            return
        wanted = self.then.model_dump(exclude_unset=True)
        if "rules" in wanted:
            wanted["rules"] = {name: points for name, points in (wanted["rules"] or {}).items() if points}
        if "challenges" in wanted:
            wanted["challenges"] = {name: times for name, times in (wanted["challenges"] or {}).items() if times}
        for name in {"badges", "coupons"} & wanted.keys():
            wanted[name] = sorted(wanted[name] or [])
        got = outcome_of(self.example(zone), programme, always(zone))
        for name, value, found in differences(wanted, got):
            yield ("then", name), f"the example wants {_told(value)}, the programme gives {_told(found)}"


Examples: TypeAlias = Annotated[list[ExampleSection], Field(min_length=1, max_length=EXAMPLES_MAX)]


def failing(examples: Sequence[ExampleSection], programme: Programme, zone: ShopDays) -> list[tuple[Path, str]]:
    """Every difference between what examples say and what happens, with its path in the document."""
    occasions = 0 if programme.acts is None else len(programme.acts.occasions)
    years = sum(min(each.lasts, SPAN_MAX).days // 365 + 1 for each in examples)
    if occasions * years > OCCASIONS_MAX:
        told = f"they last {years} years together, with {occasions} occasions in each"
        return [(("examples",), f"{told}: at most {OCCASIONS_MAX:,} occasions are tried, so shorten or remove some")]
    return [
        (("examples", place, *path), f"{message} ({example.name})")
        for place, example in enumerate(examples)
        for path, message in example.failures(programme, zone)
    ]


def _told(value: object) -> str:
    if isinstance(value, dict):
        return ", ".join(f"{name} {points}" for name, points in value.items()) or "none"
    if isinstance(value, list):
        return ", ".join(map(str, value)) or "none"
    return str(value)
