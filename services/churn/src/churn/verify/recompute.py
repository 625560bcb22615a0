"""The orders of a shop's customers as the topic tells them, and what these customers count for."""

from collections.abc import Collection
from functools import reduce
from uuid import UUID

from churn.domain import facts
from churn.domain.contract_counting import counts_of_contracts
from churn.domain.contracts import TYPES as CONTRACT_TYPES
from churn.domain.contracts import Facts, fact_of
from churn.domain.contracts import together as contracts_together
from churn.domain.counting import Counts, counts_of
from churn.domain.customer import Customer
from churn.domain.dimensions import TYPES as DIMENSION_TYPES
from churn.domain.dimensions import UNKNOWN, Origin, PartCounts, as_one_person, counts_by_part, told_by, united
from churn.domain.purchases import paid_of
from churn.domain.satisfaction import TYPES as SURVEY_TYPES
from churn.domain.satisfaction import Answers, answer_of, counts_of_answers, together
from churn.domain.signals.noted import VISITS
from churn.domain.turnover import Turnover, turnover_of
from churn.domain.visit_months import counts_of_visits, with_visit
from churn.kpis.part_rows import ShopPartCounts
from churn.kpis.rows import ShopCounts
from mandegar.calendar import ShopDays
from mandegar.events import Event
from mandegar.events.registry import ERASURE_TYPES, IDENTITY_TYPES, ORDER_TYPES
from mandegar.quantities import to_us
from mandegar.rebuild.persons import Persons
from mandegar.rebuild.topic_records import ShopRecords

PERSON_TYPES = IDENTITY_TYPES | ERASURE_TYPES


class Told(ShopRecords):
    """Who is whose alias and who was erased, over the whole topic: a later record decides whose an earlier order is."""

    def __init__(self, shop: str, dead: Collection[UUID]) -> None:
        super().__init__(shop, PERSON_TYPES, dead)
        self.persons = Persons()

    def note(self, event: Event) -> None:
        """Remember a merge, a split, an erasure or a readmission."""
        self.persons.note(event)


class Bought(ShopRecords):
    """All orders of each customer, folded as they are read a second time, under the id that was the last one.

    It holds the orders of one shop in memory, about half a kilobyte each.
    """

    def __init__(self, shop: str, dead: Collection[UUID], persons: Persons) -> None:
        super().__init__(shop, ORDER_TYPES | SURVEY_TYPES | CONTRACT_TYPES | VISITS | PERSON_TYPES, dead)
        self._persons, self._so_far = persons, Persons()
        self._customers: dict[str, Customer] = {}
        self._answers: dict[str, Answers] = {}
        self._contracts: dict[str, Facts] = {}
        self._visits: dict[str, bytes] = {}
        # By the last id and the one of the record: an order that moved away from one of them may have moved to another.
        self._origins: dict[str, dict[str, Origin]] = {}

    def note(self, event: Event) -> None:
        """Fold an event into its customer; of a move between ids of one person, the order stays."""
        customer_id = event.customer_id
        if customer_id is None:
            return
        if event.type in PERSON_TYPES:
            self._so_far.note(event)
            return
        recorded_at = to_us(event.recorded_time)
        owner = self._persons.owner(customer_id, self._so_far.place(customer_id), recorded_at)
        if owner is None:
            return
        if event.type in SURVEY_TYPES:
            if (answer := answer_of(event)) is not None:
                self._answers[owner] = together([*self._answers.get(owner, ()), answer])
            return
        if event.type in VISITS:
            self._visits[owner] = with_visit(self._visits.get(owner, b""), to_us(event.time))
            return
        if event.type in CONTRACT_TYPES:
            if (fact := fact_of(event)) is not None:
                self._contracts[owner] = contracts_together([*self._contracts.get(owner, ()), fact])
            return
        if event.type == "order.moved" and self._persons.owner_at(event.data.to, recorded_at) == owner:
            return
        customer = self._customers.setdefault(owner, Customer(self._shop, owner, 0))
        facts.take_in(customer, event)
        if event.type in DIMENSION_TYPES and (origin := told_by(event)) != UNKNOWN:
            by_id = self._origins.setdefault(owner, {})
            by_id[customer_id] = united(by_id.get(customer_id, UNKNOWN), origin)

    def counts(self, days: ShopDays) -> Counts:
        """What all customers count for, under the calendar of the shop."""
        sums = ShopCounts()
        for customer in self._customers.values():
            sums.add(self._shop, counts_of(_turnover(customer, days)))
        for answers in self._answers.values():
            sums.add(self._shop, counts_of_answers(answers, days))
        for contracts in self._contracts.values():
            sums.add(self._shop, counts_of_contracts(contracts, days))
        for months in self._visits.values():
            sums.add(self._shop, counts_of_visits(months))
        return sums.of(self._shop)

    def parts(self, days: ShopDays) -> PartCounts:
        """What the customers of each part count for, by what orders say: loyalty's topic is not read."""
        sums = ShopPartCounts()
        for owner, by_id in self._origins.items():
            origin = reduce(as_one_person, by_id.values())
            sums.add(self._shop, counts_by_part(origin, _turnover(self._customers[owner], days)))
        return sums.of(self._shop)


def _turnover(customer: Customer, days: ShopDays) -> Turnover:
    return turnover_of((one for order in customer.orders.values() if (one := paid_of(order)) is not None), days)
