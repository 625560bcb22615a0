"""What the child process is asked, as JSON on its standard input."""

from decimal import Decimal

from msgspec import Struct

from loyalty.domain.programme import BEGINNING, Programme, earning_from
from loyalty.domain.zones import ShopZones
from loyalty.programme.document import default_programme, forms_of, parse_programme, types_of_acts
from mandegar.calendar import shop_days
from mandegar.documents.nodes import InvalidDocument
from mandegar.kafka.broker import Broker


class Stored(Struct, frozen=True):
    """The document of a programme, and since when (in microseconds) it is in force.

    Acts are paid that happened since it was stored, at ``stored_at``; None: whenever they happened.
    """

    version: int
    effective_from: int
    document: str
    stored_at: int | None = None


class Zone(Struct, frozen=True):
    """A zone of the shop, and since when it is in force."""

    since: int
    zone: str


class Request(Struct, frozen=True):
    """Two programmes to compare over the records of a shop up to ``now``; points count from ``since`` on.

    ``words`` of the documents are published in another form.
    """

    shop: str
    broker: Broker
    prefix: str
    partitions: int
    currency: str
    zones: list[Zone]
    points_from: int | None
    commands: bool
    before: list[Stored]
    after: list[Stored]
    now: int
    words: dict[str, str] = {}
    since: int = BEGINNING
    value_per_point: Decimal | None = None

    def programmes(self, stored: list[Stored]) -> tuple[Programme, ...]:
        """The rules of the shop with these documents, as the stream has them: what cannot be read is out of force."""
        programmes = [default_programme(self.currency)]
        for each in stored:
            try:
                programmes.append(
                    parse_programme(
                        each.document,
                        version=each.version,
                        effective_from=each.effective_from,
                        currency=self.currency,
                        forms=forms_of(self.words, each.document),
                        stored_at=each.stored_at,
                    )
                )
            except InvalidDocument:
                continue
        rules = tuple(programmes)
        return rules if self.points_from is None else earning_from(rules, self.points_from)

    @property
    def acts(self) -> frozenset[str]:
        """The types of acts that rules of either side are about."""
        return frozenset().union(*(types_of_acts(each.document) for each in (*self.before, *self.after)))

    def calendars(self) -> ShopZones:
        """The zones that the shop has had."""
        return ShopZones([(each.since, shop_days(each.zone)) for each in self.zones])
