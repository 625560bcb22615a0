"""The invariant of messages that another system sent, for tests and for ``python -m notify check``."""

INVARIANTS = {
    "an alias has no messages of another system": """
        SELECT e.message_id FROM messages_elsewhere e JOIN customers c USING (shop, customer_id)
        WHERE c.merged_into IS NOT NULL LIMIT $1
    """,
    "an erased customer has no messages of another system": """
        SELECT e.message_id FROM messages_elsewhere e JOIN customers c USING (shop, customer_id)
        WHERE c.erased_at IS NOT NULL LIMIT $1
    """,
}
