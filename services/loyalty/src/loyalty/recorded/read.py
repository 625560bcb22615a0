"""Reads what the topic has of one shop, from the beginning to its present end, into files."""

from typing import NamedTuple

from aiokafka import AIOKafkaConsumer

from loyalty.domain.act_rules import AWAY
from loyalty.domain.zones import ShopZones
from loyalty.earning.acts import acts_told_by
from loyalty.earning.apply import FACT_TYPES, is_old_crossing
from loyalty.earning.orders import told_by
from loyalty.recorded.commands import Commands
from loyalty.recorded.spill import BY_TIME, Row, Spill
from loyalty.referrals.apply import CLAIMED, CLAIMING_TYPES, claim_in, claim_told_by
from mandegar.events import Event
from mandegar.events.registry import ERASURE_TYPES, IDENTITY_TYPES
from mandegar.quantities import to_us
from mandegar.rebuild.persons import Persons
from mandegar.rebuild.topic_records import Ends, Progress, ShopRecords, read_to

PERSON_TYPES = IDENTITY_TYPES | ERASURE_TYPES
WANTED = FACT_TYPES | PERSON_TYPES | {CLAIMED}


class ActsOf(NamedTuple):
    """The types of acts that rules of a shop are about, and the calendars by which visits are told apart."""

    types: frozenset[str]
    zones: ShopZones


class Reading(ShopRecords):
    """The records of one shop, read from a consumer that has no group. Without ``acts``, or ``commands``, it reads none
    of these.
    """

    def __init__(
        self,
        shop: str,
        spill: Spill,
        persons: Persons,
        acts: ActsOf | None = None,
        commands: Commands | None = None,
    ) -> None:
        self._acts = acts
        self._commands = commands
        self._told = frozenset[str]() if commands is None else commands.types
        super().__init__(shop, WANTED | self._told | (acts.types if acts is not None else frozenset()))
        self._spill, self._persons = spill, persons
        self.events = 0

    async def run(self, consumer: AIOKafkaConsumer, ends: Ends, progress: Progress) -> None:
        """Read all partitions up to their ends."""
        await read_to(consumer, ends, self.take, progress)

    def note(self, event: Event) -> None:
        """Keep what an event of the shop says, if it is of a type that is read."""
        customer_id = event.customer_id
        if customer_id is None or event.type not in self._wanted:
            return
        if event.type in PERSON_TYPES:
            self._persons.note(event)
            return
        self.events += 1
        recorded_at = to_us(event.recorded_time)
        if self._commands is not None and event.type in self._told:
            for order_id, fact in self._commands.facts(event):
                self._spill.add(Row(customer_id, BY_TIME, recorded_at, order_id, fact))
            return
        place = BY_TIME if event.type == AWAY else self._persons.place(customer_id)
        if self._acts is not None and event.type in self._acts.types:
            if is_old_crossing(event):
                return
            told = acts_told_by(event, {event.shop: self._acts.zones})
        else:
            told = [] if event.type == CLAIMED else [told_by(event)]
        if event.type in CLAIMING_TYPES and claim_in(event) is not None:
            told.append(claim_told_by(event))
        for order_id, fact in told:
            self._spill.add(Row(customer_id, place, recorded_at, order_id, fact))
