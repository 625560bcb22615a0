"""Checks that memberships are what the conditions of a shop's segments say of its customers."""

from collections.abc import Mapping

from churn.domain.customer import Customer, Terms
from churn.domain.segments.periods import LAST
from churn.memberships.definitions import load_definitions
from churn.memberships.rows import load_loyalty, load_states
from churn.memberships.states import UNKNOWN, facts_of
from mandegar.database import Connection
from mandegar.database.invariants import Violation
from mandegar.events import CustomerKey
from mandegar.quantities import to_us

MEMBERSHIPS_ARE_EVALUATED = "memberships are what conditions say"


async def wrong_memberships(
    connection: Connection, customers: Mapping[CustomerKey, Customer], terms: Mapping[str, Terms]
) -> list[Violation]:
    """Customers who are in other segments than their facts give.

    Until the day that changes a membership all days give the same, so the last one before it is asked about. Who waits
    to be evaluated is left out.
    """
    violations: list[Violation] = []
    definitions = await load_definitions(connection, {key.shop for key in customers})
    states, loyalty = await load_states(connection, customers), await load_loyalty(connection, customers)
    for key, customer in customers.items():
        state, of = states.get(key), definitions.get(key.shop)
        if state is None or of is None or state.generation != of.generation or not customer.is_folded:
            continue
        if customer.backfill_until is not None or not customer.is_under(terms[key.shop]):
            continue
        facts = facts_of(customer, state, terms[key.shop], of, loyalty.get(key, UNKNOWN))
        day = LAST - 1 if state.due_at is None else facts.days.day_of(to_us(state.due_at)) - 1
        names = {segment.name for segment in of.segments if segment.condition.holds(facts, day)}
        if names != state.members.keys():
            violations.append(Violation(MEMBERSHIPS_ARE_EVALUATED, f"{key.shop}:{key.customer_id}"))
    return violations
