"""What commands have changed, read from the topic on which loyalty tells of it, and from what waits to be published."""

from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

from loyalty.account.rebuild_draws import draw_fact
from loyalty.account.resume import News
from loyalty.adjustments.rebuild import facts_told
from loyalty.domain.account import Account
from loyalty.domain.acts import key_of_act
from loyalty.domain.orders import Fact
from loyalty.recorded.read import Log, Progress, Reading, open_reader
from loyalty.recorded.rules import Persons
from loyalty.recorded.spill import Row, Spill
from loyalty.redemptions.rebuild import facts_of
from mandegar.events import CustomerKey, Event
from mandegar.events.topics import LOYALTY_EVENTS
from mandegar.kafka import client
from mandegar.quantities import to_us

# Draws are made in batches: those from after the state count as to come by when they were recorded.
DRAWN = "budget.drawn"
TYPES = frozenset({"redemption.changed", "points.adjusted", DRAWN})


class Commands(Reading):
    """The facts that commands have added to lots, by the customer to whom the lots belong now.

    A command is dated behind all that was settled before, so those from after a customer's state count as to come.
    """

    def __init__(self, shop: str, directory: Path, files: int, persons: Persons, taken_at: int) -> None:
        super().__init__(shop, Spill(directory, 0), persons)
        self._spill.files = files
        self._wanted = TYPES
        self._taken_at = taken_at

    def _note(self, event: Event, customer_id: str) -> None:
        owner = self._persons.owner_at(customer_id, to_us(event.recorded_time))
        if owner is not None:
            for order_id, fact in self._told_by(event):
                self._spill.add(Row(owner, 0, to_us(event.recorded_time), order_id, fact))

    def _told_by(self, event: Event) -> list[tuple[str, Fact]]:
        if event.type == DRAWN:
            if to_us(event.recorded_time) > self._taken_at:
                return []
            return [(key_of_act(event.data.act.type, event.data.act.id), draw_fact(event))]
        return facts_of(event) if event.type == "redemption.changed" else facts_told(event)

    def note(self, event: Event) -> None:
        """Add an event that waits to be published."""
        if event.type in TYPES and event.customer_id is not None:
            self._note(event, event.customer_id)

    async def read(self, where: Log, progress: Progress) -> None:
        """Read the topic up to its present end."""
        consumer, ends = await open_reader(where, LOYALTY_EVENTS)
        try:
            await self.run(consumer, ends, progress)
        finally:
            await client.stop_with_deadline(consumer.stop)

    def tell(self, number: int, page: dict[CustomerKey, Account]) -> None:
        """Add the facts to the accounts of a page."""
        for key, order_id, fact in self._facts(number):
            with suppress(KeyError):
                News([(order_id, fact)], None, None).tell(key, page[key])

    def _facts(self, number: int) -> Iterator[tuple[CustomerKey, str, Fact]]:
        for rows in self._spill.rows(number):
            for row in rows:
                yield CustomerKey(self._shop, row.customer_id), row.order_id, row.fact
