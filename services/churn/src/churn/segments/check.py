"""Checks that memberships are what the conditions of a shop's segments say of its customers."""

from churn.customers.rows import COLUMNS, customer_of
from churn.domain.segments.periods import LAST
from churn.memberships.definitions import load_definitions
from churn.memberships.rows import load_loyalty, load_states
from churn.memberships.states import UNKNOWN, facts_of
from churn.models.rows import load_terms
from mandegar.database import Connection
from mandegar.database.invariants import Violation
from mandegar.events import CustomerKey
from mandegar.quantities import to_us
from mandegar.service.settings import ServiceSettings

MEMBERSHIPS_ARE_EVALUATED = "memberships are what conditions say"
PAGE_CUSTOMERS = 1_000
_PAGE = f"""
    SELECT {COLUMNS} FROM customers
    WHERE (shop, customer_id) > ($1, $2) ORDER BY shop, customer_id LIMIT $3
"""  # noqa: S608  names of our own columns


async def wrong_memberships(connection: Connection, _: ServiceSettings) -> list[Violation]:
    """Customers who are in other segments than their facts give; reads every row.

    Until the day that changes a membership all days give the same, so the last one before it is asked about. Who waits
    to be evaluated is left out.
    """
    violations: list[Violation] = []
    after = CustomerKey("", "")
    while rows := await connection.fetch(_PAGE, *after, PAGE_CUSTOMERS):
        customers = {CustomerKey(row["shop"], row["customer_id"]): customer_of(row) for row in rows}
        shops = {key.shop for key in customers}
        terms, definitions = await load_terms(connection, shops), await load_definitions(connection, shops)
        states, loyalty = await load_states(connection, customers), await load_loyalty(connection, customers)
        for after, customer in customers.items():
            state, of = states.get(after), definitions.get(after.shop)
            if state is None or of is None or state.generation != of.generation or not customer.is_folded:
                continue
            if customer.backfill_until is not None or not customer.is_under(terms[after.shop]):
                continue
            facts = facts_of(customer, state, terms[after.shop], of, loyalty.get(after, UNKNOWN))
            day = LAST - 1 if state.due_at is None else facts.days.day_of(to_us(state.due_at)) - 1
            names = {segment.name for segment in of.segments if segment.condition.holds(facts, day)}
            if names != state.members.keys():
                violations.append(Violation(MEMBERSHIPS_ARE_EVALUATED, f"{after.shop}:{after.customer_id}"))
    return violations
