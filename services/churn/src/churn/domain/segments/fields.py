"""What conditions may ask about: the fields of a customer, each with its kind and what it means.

A count is never unknown: it is zero where nothing has happened. Everything else is unknown (None) until it exists.
"""

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any, Final, Literal, NamedTuple, TypeAlias, get_args

from churn.domain.bands import BANDS
from churn.domain.purchases import Statistics
from churn.domain.segments.facts import Facts, Frequency, Spending
from mandegar.events.churn import Lifecycle, Stage

Kind: TypeAlias = Literal["number", "money", "date", "word"]
# What has to be read besides the customer's own row, or does not follow from orders.
Source: TypeAlias = Literal["orders", "band", "stage", "acts", "complaints", "loyalty"]


class Field(NamedTuple):
    """A field. ``read`` returns a whole number, units of money, the number of a day, or a word; None: unknown.

    ``words`` are all that it may be, where that is a closed list. ``lowest`` is the least number that it can be.
    """

    kind: Kind
    about: str
    read: Callable[[Facts], Any]
    source: Source = "orders"
    words: tuple[str, ...] = ()
    lowest: int | None = 0


def _of_purchases(read: Callable[[Statistics], Any], without: int | None = None) -> Callable[[Facts], Any]:
    def of_facts(facts: Facts) -> Any:
        return without if facts.statistics is None else read(facts.statistics)

    return of_facts


def _day(read: Callable[[Facts], int | None]) -> Callable[[Facts], int | None]:
    def of_facts(facts: Facts) -> int | None:
        at = read(facts)
        return None if at is None else facts.days.day_of(at)

    return of_facts


def _open_tickets(facts: Facts) -> int:
    return max(0, facts.tickets_opened - facts.tickets_closed)


FIELDS: Final[Mapping[str, Field]] = MappingProxyType(
    {
        "orders": Field(
            "number", "Paid orders, neither cancelled nor wholly refunded", _of_purchases(lambda s: s.orders, 0)
        ),
        "days_with_orders": Field("number", "Days of the shop with such orders", _of_purchases(lambda s: s.x + 1, 0)),
        "total": Field("money", "Net value of all orders", _of_purchases(lambda s: s.net, 0), lowest=None),
        "mean_order": Field(
            "money", "Mean net value of an order", _of_purchases(lambda s: s.net // s.orders), lowest=None
        ),
        "last_order_value": Field(
            "money", "Net value of the last order", _of_purchases(lambda s: s.last_net), lowest=None
        ),
        "usual_gap": Field(
            "number",
            "Mean number of days from one day with orders to the next",
            _of_purchases(lambda s: s.mean_gap_days),
        ),
        "first_order": Field("date", "Day of the first order", _of_purchases(lambda s: s.first_day)),
        "last_order": Field("date", "Day of the last order", _of_purchases(lambda s: s.last_day)),
        "frequency": Field(
            "word",
            "once: one day with orders; often: as many as the upper fifth of those who came again; else sometimes",
            Facts.frequency,
            words=get_args(Frequency),
        ),
        "spending": Field(
            "word",
            "Net value of all orders beside that of other buyers: high in the upper fifth, low in the lower half",
            Facts.spending,
            words=get_args(Spending),
        ),
        "band": Field("word", "Band of the risk", lambda facts: facts.band, "band", words=BANDS),
        "in_band_since": Field(
            "date", "Day on which the band was entered", _day(lambda facts: facts.band_since), "band"
        ),
        "lifecycle": Field(
            "word", "Phase of the life with the shop", Facts.lifecycle, "band", words=get_args(Lifecycle)
        ),
        "stage": Field("word", "Stage of the journey", lambda facts: facts.stage, "stage", words=get_args(Stage)),
        "visits": Field(
            "number",
            "Views, carts, log-ins, reviews, survey answers and tickets",
            lambda facts: facts.interactions,
            "acts",
        ),
        "last_visit": Field("date", "Day of the last of these", _day(lambda facts: facts.visited_at), "acts"),
        "last_act": Field(
            "date", "Day of the last act of any kind, orders included", _day(lambda facts: facts.acted_at), "acts"
        ),
        "tickets": Field("number", "Tickets that were opened", lambda facts: facts.tickets_opened, "acts"),
        "open_tickets": Field("number", "Tickets that were opened and not closed", _open_tickets, "acts"),
        "last_complaint": Field(
            "date",
            "Day of the last ticket opened, review of 2 in 5 or less, NPS of 6 or less, or CSAT of 40 or less",
            _day(lambda facts: facts.complained_at),
            "complaints",
        ),
        "points": Field("number", "Points that can be spent", lambda facts: facts.points, "loyalty", lowest=None),
        "lifetime_points": Field(
            "number", "Points that were ever earned", lambda facts: facts.lifetime_points, "loyalty", lowest=None
        ),
        "tier": Field("word", "Name of the tier", lambda facts: facts.tier, "loyalty"),
    }
)
