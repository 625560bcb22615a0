"""Queries that find rows which break an invariant; tests and ``python -m ingest check`` run them."""

INVARIANTS = {
    "an event that waits for its order is in the history, unpublished": """
        SELECT w.event_id FROM waiting_refunds w LEFT JOIN events e USING (event_id)
        WHERE e.event_id IS NULL OR e.published OR e.customer_id IS NOT NULL LIMIT $1
    """,
    "no event waits for an order that is in the history": """
        SELECT w.event_id FROM waiting_refunds w JOIN events e ON e.shop = w.shop AND e.order_id = w.order_id
        WHERE e.published AND e.customer_id IS NOT NULL AND e.type IN ('order.placed', 'order.paid', 'order.updated')
        LIMIT $1
    """,
    "every published event has a customer": """
        SELECT event_id FROM events WHERE published AND customer_id IS NULL LIMIT $1
    """,
    "an alias has no profile": """
        SELECT customer_id FROM customers WHERE merged_into IS NOT NULL AND profile <> '{}' LIMIT $1
    """,
    "no source has more than two live keys": """
        SELECT source_id FROM source_keys WHERE revoked_at IS NULL GROUP BY source_id HAVING count(*) > 2 LIMIT $1
    """,
}
