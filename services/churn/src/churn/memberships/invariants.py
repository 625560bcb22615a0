"""Invariants of segments, for tests and operators."""

MEMBERS = """
    SELECT coalesce(m.shop, s.shop), coalesce(m.customer_id, s.customer_id)
    FROM segment_members m FULL JOIN (
        SELECT shop, customer_id, name AS segment FROM segment_states CROSS JOIN LATERAL jsonb_object_keys(members) name
    ) s ON s.shop = m.shop AND s.customer_id = m.customer_id AND s.segment = m.segment
    WHERE m.shop IS NULL OR s.shop IS NULL LIMIT $1
"""

COUNTS = """
    SELECT coalesce(m.shop, c.shop), coalesce(m.segment, c.segment)
    FROM (SELECT shop, segment, partition, count(*) AS customers FROM segment_members GROUP BY 1, 2, 3) m
        FULL JOIN (SELECT * FROM segment_counts WHERE customers <> 0) c USING (shop, segment, partition)
    WHERE m.customers IS DISTINCT FROM c.customers LIMIT $1
"""

A_CHANGE_IS_DUE = """
    SELECT shop, customer_id FROM segment_states s JOIN customers c USING (shop, customer_id)
    WHERE s.due_at IS NOT NULL AND c.backfill_until IS NULL AND (c.due_at IS NULL OR c.due_at > s.due_at) LIMIT $1
"""

NONE_OF_AN_ALIAS = """
    SELECT shop, customer_id FROM segment_states JOIN customers USING (shop, customer_id)
    WHERE merged_into IS NOT NULL LIMIT $1
"""

INVARIANTS = {
    "who is in a segment is listed there": MEMBERS,
    "the customers of a segment are counted": COUNTS,
    "the day that changes a membership is due": A_CHANGE_IS_DUE,
    "an alias is in no segment": NONE_OF_AN_ALIAS,
}
