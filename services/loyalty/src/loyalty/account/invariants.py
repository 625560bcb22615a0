"""Finds customers whose rows contradict each other; tests and operators run the same."""

from loyalty.account.packing import unpack_remembered
from loyalty.account.rows import account_of
from loyalty.programme.rows import Rules, load_rules
from loyalty.settings import LoyaltySettings
from mandegar.database import Connection
from mandegar.database.invariants import Violation
from mandegar.events import CustomerKey

# The accounts of a check that are walked from the beginning.
WALKED_MAX = 200

# The entries of credit, which are of kinds of their own, as those of points have them.
_OF_CREDIT = """
    (SELECT shop, customer_id, lot_id, order_id, substr(kind, 8) AS kind, bucket, points FROM entries
     WHERE starts_with(kind, 'credit.')) AS entries
"""

# What the entries of a customer add up to.
_SUMS = """
    SELECT shop, customer_id,
        sum(CASE WHEN kind IN ('open', 'activate', 'expire', 'repay', 'release')
                     OR kind IN ('reverse', 'spend', 'adjust') AND bucket IN ('available', 'taken') THEN points
                 WHEN (kind, bucket) = ('hold', 'held') THEN -points ELSE 0 END) AS available,
        sum(CASE WHEN kind = 'hold' OR (kind, bucket) = ('spend', 'held') THEN points
                 WHEN kind = 'release' THEN -points ELSE 0 END) AS held,
        sum(CASE WHEN kind = 'earn' OR (kind, bucket) = ('reverse', 'pending') THEN points
                 WHEN kind = 'activate' THEN -points ELSE 0 END) AS pending,
        sum(CASE WHEN kind = 'repay' OR (kind, bucket) = ('hold', 'debt') THEN points
                 WHEN kind IN ('reverse', 'adjust') AND bucket = 'debt' THEN -points ELSE 0 END) AS debt,
        sum(CASE WHEN kind IN ('earn', 'open', 'reverse') OR (kind, bucket) = ('adjust', 'available') THEN points
                 ELSE 0 END) AS lifetime
    FROM entries GROUP BY shop, customer_id
"""

BALANCE_IS_THE_SUM_OF_ENTRIES = f"""
    WITH sums AS ({_SUMS})
    SELECT shop, customer_id FROM customers c LEFT JOIN sums s USING (shop, customer_id)
    WHERE (c.available, c.pending, c.held, c.debt, c.lifetime) <> (
        coalesce(s.available, 0), coalesce(s.pending, 0), coalesce(s.held, 0), coalesce(s.debt, 0),
        coalesce(s.lifetime, 0)) LIMIT $1
"""  # noqa: S608

CREDIT_IS_THE_SUM_OF_ENTRIES = f"""
    WITH sums AS ({_SUMS.replace("FROM entries", f"FROM {_OF_CREDIT}")}), stored AS (
        SELECT shop, customer_id,
            (credit::jsonb ->> 1)::numeric AS available, (credit::jsonb ->> 2)::numeric AS pending,
            (credit::jsonb ->> 3)::numeric AS held, (credit::jsonb ->> 4)::numeric AS debt,
            (credit::jsonb ->> 5)::numeric AS lifetime
        FROM customers WHERE credit IS NOT NULL
    )
    SELECT shop, customer_id FROM stored c FULL JOIN sums s USING (shop, customer_id)
    WHERE NOT starts_with(customer_id, 'erased:') AND ((
        coalesce(c.available, 0), coalesce(c.pending, 0), coalesce(c.held, 0), coalesce(c.debt, 0),
        coalesce(c.lifetime, 0)) <> (
        coalesce(s.available, 0), coalesce(s.pending, 0), coalesce(s.held, 0), coalesce(s.debt, 0),
        coalesce(s.lifetime, 0)) OR least(c.available, c.pending, c.held, c.debt, c.lifetime) < 0) LIMIT $1
"""  # noqa: S608

NOTHING_IS_BELOW_ZERO = """
    SELECT shop, customer_id FROM customers WHERE least(available, pending, held, debt, lifetime) < 0 LIMIT $1
"""

NO_LOT_IS_BELOW_ZERO = """
    SELECT shop, customer_id FROM entries
    GROUP BY shop, customer_id, lot_id
    HAVING sum(points) FILTER (WHERE kind = 'earn' OR (kind, bucket) = ('reverse', 'pending'))
            < coalesce(sum(points) FILTER (WHERE kind = 'activate'), 0)
        OR sum(CASE WHEN kind IN ('open', 'activate', 'expire', 'repay', 'release')
                        OR kind IN ('reverse', 'spend', 'adjust') AND bucket IN ('available', 'taken') THEN points
                    WHEN (kind, bucket) = ('hold', 'held') THEN -points ELSE 0 END) < 0
        OR sum(CASE WHEN kind = 'hold' OR (kind, bucket) = ('spend', 'held') THEN points
                    WHEN kind = 'release' THEN -points ELSE 0 END) < 0
    LIMIT $1
"""

NO_LOT_OF_CREDIT_IS_BELOW_ZERO = NO_LOT_IS_BELOW_ZERO.replace("FROM entries", f"FROM {_OF_CREDIT}")

NO_ORDER_IS_TAKEN_MORE_THAN_IT_GAVE = """
    SELECT shop, customer_id FROM entries
    WHERE kind IN ('earn', 'open', 'reverse', 'credit.earn', 'credit.open', 'credit.reverse')
    GROUP BY shop, customer_id, order_id HAVING sum(points) < 0 LIMIT $1
"""

ENTRIES_ARE_COUNTED_WITHOUT_REPEATS = """
    SELECT shop, customer_id FROM entries JOIN customers c USING (shop, customer_id)
    GROUP BY shop, customer_id, c.version HAVING count(*) > c.version OR max(entries.version) > c.version LIMIT $1
"""

AN_ALIAS_HOLDS_NOTHING = """
    SELECT shop, customer_id FROM customers c
    WHERE merged_into IS NOT NULL AND (
        (available, pending, held, debt, lifetime) <> (0, 0, 0, 0, 0) OR warned <> '{}'
        OR num_nonnulls(
            due_at, tier, tier_until, announced_tier, next_expiry_at, settled_at, backfill_until, at_risk_until) > 0
        OR num_nonnulls(remembered, credit) > 0
        OR EXISTS (
            SELECT FROM orders o WHERE (o.shop, o.customer_id) = (c.shop, c.customer_id)
                AND (o.facts <> '[]' OR o.net IS NOT NULL))) LIMIT $1
"""

AN_ERASED_CUSTOMER_HOLDS_NOTHING = """
    SELECT shop, customer_id FROM customers c
    WHERE erased_at IS NOT NULL AND (
        (available, pending, held, debt, lifetime) <> (0, 0, 0, 0, 0) OR warned <> '{}'
        OR num_nonnulls(
            due_at, tier, tier_until, announced_tier, next_expiry_at, settled_at, backfill_until, at_risk_until) > 0
        OR num_nonnulls(remembered, credit) > 0
        OR EXISTS (SELECT FROM orders o WHERE (o.shop, o.customer_id) = (c.shop, c.customer_id))
        OR EXISTS (SELECT FROM entries e WHERE (e.shop, e.customer_id) = (c.shop, c.customer_id))) LIMIT $1
"""

INVARIANTS = {
    "the balance is the sum of the entries": BALANCE_IS_THE_SUM_OF_ENTRIES,
    "the balance in credit is the sum of the entries": CREDIT_IS_THE_SUM_OF_ENTRIES,
    "no lot of credit is below zero": NO_LOT_OF_CREDIT_IS_BELOW_ZERO,
    "nothing is below zero": NOTHING_IS_BELOW_ZERO,
    "no lot is below zero": NO_LOT_IS_BELOW_ZERO,
    "no order is taken more than it gave": NO_ORDER_IS_TAKEN_MORE_THAN_IT_GAVE,
    "entries are counted without repeats": ENTRIES_ARE_COUNTED_WITHOUT_REPEATS,
    "an alias holds nothing": AN_ALIAS_HOLDS_NOTHING,
    "an erased customer holds nothing": AN_ERASED_CUSTOMER_HOLDS_NOTHING,
}


async def differs_from_a_walk(connection: Connection, _: LoyaltySettings) -> list[Violation]:
    """The remembered accounts that a walk from the beginning finds otherwise, of at most ``WALKED_MAX`` by chance."""
    rows = await connection.fetch(
        "SELECT shop, customer_id, remembered FROM customers WHERE remembered IS NOT NULL ORDER BY random() LIMIT $1",
        WALKED_MAX,
    )
    rules = await load_rules(connection, {row["shop"] for row in rows})
    return [
        Violation("what is remembered of an account is what a walk finds", f"{shop}:{customer_id}")
        for shop, customer_id, remembered in rows
        if await _differs(connection, CustomerKey(shop, customer_id), remembered, rules[shop])
    ]


async def _differs(connection: Connection, key: CustomerKey, text: str, rules: Rules) -> bool:
    remembered, account = unpack_remembered(text), await account_of(connection, key)
    now = account.settled_at
    if remembered is None or now is None or not remembered.holds(account.version, now, *rules):
        return False  # the next settling walks this account
    derived = account.keep_derived(*rules, now)
    timeline = account.at(*rules, now)
    walked = account.remember(timeline, *rules, now, derived)
    entries = account.post({lot.order_id: lot for lot in timeline.lots})
    is_other = walked is None or walked._replace(topped_at=None) != remembered._replace(topped_at=None)
    return is_other or bool(entries) or any(order.changed for order in account.orders.values())
