"""Invariants of the rows of customers, for tests and operators."""

from collections.abc import Iterator

from churn.domain.bands import BANDS, crossing
from churn.domain.customer import Customer, Terms
from churn.domain.lifecycle import lifecycle_of
from churn.domain.past import Past
from churn.domain.purchases import Statistics
from churn.domain.standing import standing_under
from mandegar.quantities import from_us

A_HISTORY_ENDS = """
    SELECT shop, customer_id FROM customers
    WHERE due_at IS NULL AND backfill_until IS NOT NULL LIMIT $1
"""

A_BAND_HAS_A_PURCHASE = """
    SELECT shop, customer_id FROM customers
    WHERE band IS NOT NULL AND (band_since IS NULL OR value_at_risk IS NULL OR version = 0)
       OR band IS NOT NULL AND x IS NULL AND backfill_until IS NULL LIMIT $1
"""

DAYS_AND_PURCHASES_AGREE = """
    SELECT shop, customer_id FROM customers
    WHERE first_day > last_day OR x > last_day - first_day OR (x IS NULL) <> (first_day IS NULL) LIMIT $1
"""

OLDER_ORDERS_HAVE_A_CUSTOMER = """
    SELECT DISTINCT shop, customer_id FROM older_orders o
    WHERE NOT EXISTS (
        SELECT FROM customers c
        WHERE (c.shop, c.customer_id) = (o.shop, o.customer_id) AND substr(c.orders, 1, 1) = '\\x04'::bytea
    ) LIMIT $1
"""

_HAS_SOMETHING = """(octet_length(orders) > 1 OR remembered IS NOT NULL OR x IS NOT NULL
        OR band IS NOT NULL OR due_at IS NOT NULL OR backfill_until IS NOT NULL OR last_event_at IS NOT NULL
        OR lifecycle IS NOT NULL OR stage <> 'awareness' OR won_back_at IS NOT NULL
        OR interactions + tickets_opened + tickets_closed > 0 OR signals <> ''::bytea OR visit_months <> ''::bytea)"""

AN_ALIAS_HAS_NOTHING = f"""
    SELECT shop, customer_id FROM customers WHERE merged_into IS NOT NULL AND {_HAS_SOMETHING} LIMIT $1
"""  # noqa: S608  a constant

AN_ERASED_CUSTOMER_HAS_NOTHING = f"""
    SELECT shop, customer_id FROM customers WHERE erased_at IS NOT NULL AND {_HAS_SOMETHING} LIMIT $1
"""  # noqa: S608  a constant

INVARIANTS = {
    "an alias has given all that it had to its root": AN_ALIAS_HAS_NOTHING,
    "an erased customer has nothing": AN_ERASED_CUSTOMER_HAS_NOTHING,
    "a customer whose history is coming in has a due instant": A_HISTORY_ENDS,
    "a band has a purchase, a date and a value": A_BAND_HAS_A_PURCHASE,
    "first day, last day and number of purchases agree": DAYS_AND_PURCHASES_AGREE,
    "older orders belong to a customer whose pack counts them": OLDER_ORDERS_HAVE_A_CUSTOMER,
}
THE_LIFECYCLE_IS_THE_FOLD = "a lifecycle is what follows from band and orders"
COLUMNS_ARE_THE_FOLD = "columns are the fold of the packed orders"
WHAT_IS_REMEMBERED_IS_THE_FOLD = "what is remembered is the fold of the packed orders"
OLDER_ORDERS_ARE_COUNTED = "a pack counts the customer's older orders"
THE_NEXT_CROSSING_IS_DUE = "who will cross into another band is due"


def broken_folds(customer: Customer, terms: Terms) -> Iterator[str]:
    """What of a customer's columns, or of what is remembered, differs from the fold of all orders, which were read."""
    if customer.model_version is None or not customer.is_under(terms):
        return
    past = Past(customer.packed.paid({}), terms.days)
    folded = past.statistics()
    if (folded[:3] if folded else (None, None, None)) != (customer.x, customer.first_day, customer.last_day):
        yield COLUMNS_ARE_THE_FOLD
    if customer.is_folded and not _is_fold(customer, past, terms):
        yield WHAT_IS_REMEMBERED_IS_THE_FOLD
    settled = customer.backfill_until is None and customer.band not in {None, "lost"}
    # A due instant may be earlier than the crossing: for a look, or for a day that changes a segment.
    if customer.is_folded and customer.backfill_until is None and not _has_its_lifecycle(customer, terms):
        yield THE_LIFECYCLE_IS_THE_FOLD
    if folded and settled and customer.due_at is None and _will_cross(customer, folded, terms):
        yield THE_NEXT_CROSSING_IS_DUE


def _has_its_lifecycle(customer: Customer, terms: Terms) -> bool:
    """Whether the lifecycle is that of band and orders; who was not settled since there are any has none."""
    model, days, since = terms.model, terms.days, customer.healthy_since
    of = lifecycle_of(customer.band, customer.statistics, since, model, days, customer.heard_by(model))
    return customer.lifecycle in {None, of}


def _will_cross(customer: Customer, statistics: Statistics, terms: Terms) -> bool:
    """Whether silence will take a customer into another band within a century."""
    signals = customer.heard_by(terms.model)
    standing = standing_under(statistics, terms.model, terms.days, lambda: statistics.day_at_us, signals)
    return customer.band is not None and crossing(standing, BANDS.index(customer.band)) is not None


def _is_fold(customer: Customer, past: Past, terms: Terms) -> bool:
    """Whether statistics, health and the date of the band healthy are those of all orders."""
    statistics, since = past.statistics(), customer.healthy_since
    if statistics is None or since is None:
        return customer.statistics == statistics
    is_healthy = customer.band == "healthy" and customer.backfill_until is None
    return (
        customer.statistics == statistics
        and since == past.healthy_since(terms.model)
        and (not is_healthy or customer.band_since == from_us(since))
    )
