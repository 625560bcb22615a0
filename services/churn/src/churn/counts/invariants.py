"""Invariants of the counts, for tests and operators."""

COUNTS = """
    WITH found AS (
        SELECT shop, band AS counted, count(*) AS customers FROM customers WHERE band IS NOT NULL GROUP BY 1, 2
        UNION ALL
        SELECT shop, 'all', count(*) FROM customers
        WHERE merged_into IS NULL AND erased_at IS NULL AND backfill_until IS NULL GROUP BY 1
        UNION ALL
        SELECT shop, lifecycle, count(*) FROM customers WHERE lifecycle IN ('new', 'won_back') GROUP BY 1, 2
        UNION ALL
        SELECT shop, stage, count(*) FROM customers WHERE stage <> 'awareness' GROUP BY 1, 2
    ), kept AS (
        SELECT shop, counted, sum(customers) AS customers
        FROM (SELECT * FROM count_sums UNION ALL SELECT * FROM count_changes) AS counts GROUP BY 1, 2
    )
    SELECT coalesce(f.shop, k.shop), coalesce(f.counted, k.counted)
    FROM found f FULL JOIN kept k USING (shop, counted)
    WHERE coalesce(f.customers, 0) <> coalesce(k.customers, 0) LIMIT $1
"""

INVARIANTS = {"the customers of each band, lifecycle and stage, and all of them, are counted": COUNTS}
