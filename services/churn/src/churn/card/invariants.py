"""Invariants of cards, for tests and operators."""

INVARIANTS = {
    "an alias has no card": """
        SELECT shop, customer_id FROM cards JOIN customers USING (shop, customer_id)
        WHERE merged_into IS NOT NULL LIMIT $1
    """,
    "an erased customer has no card": """
        SELECT shop, customer_id FROM cards JOIN customers USING (shop, customer_id)
        WHERE erased_at IS NOT NULL LIMIT $1
    """,
}
