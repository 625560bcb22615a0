"""Whatever is spoilt in a database is found, by the invariants that it breaks and by no other."""

import pytest

from faults.checkers import check

ONE_ORDER = "(SELECT event_id FROM events WHERE type = 'order.paid' ORDER BY native_id LIMIT 1)"
ONE_VIEW = "(SELECT event_id FROM events WHERE type = 'product.viewed' ORDER BY native_id LIMIT 1)"
ONE_CUSTOMER = "customer_id = (SELECT min(customer_id) FROM customers WHERE lifetime > 0)"
ONE_AT_RISK = "customer_id = (SELECT min(customer_id) FROM customers WHERE band = 'at_risk')"
ONE_COUNT = "ctid = (SELECT ctid FROM kpi_changes WHERE kind = 'cohort' ORDER BY calendar, one, other LIMIT 1)"
ONE_SENT = "send_id = (SELECT send_id FROM sends WHERE state = 'sent' ORDER BY send_id LIMIT 1)"
ONE_OFFSET = "ctid = (SELECT ctid FROM offsets WHERE next_offset > 1 ORDER BY topic, partition LIMIT 1)"
ONE_CLAIM = "event_id = (SELECT event_id FROM inbox i WHERE i.consumer_group = 'churn.card' LIMIT 1)"

SPOILT = {
    "an accepted event is lost": (
        "ingest", "I1 I10", f"DELETE FROM events WHERE event_id = {ONE_VIEW}",
    ),
    "an event is accepted twice": (
        "ingest", "I1 I2 I10",
        f"""INSERT INTO events SELECT gen_random_uuid(), shop, source_id, native_id, type, customer_id, order_id, time,
            recorded_time, published, code, body, body_hash FROM events WHERE event_id = {ONE_ORDER}""",
    ),
    "an accepted event is never published": (
        "ingest", "I1", f"UPDATE events SET published = false WHERE event_id = {ONE_ORDER}",
    ),
    "what was quarantined is gone": (
        "ingest", "I1", "DELETE FROM quarantine WHERE id = (SELECT id FROM quarantine LIMIT 1)",
    ),
    "a row waits in an outbox": (
        "ingest", "I4", "INSERT INTO outbox (topic, hash, key, value) VALUES ('ingest.events', 0, 'k', '{}')",
    ),
    "a row left an outbox and never came to its topic": (
        "churn", "I4",
        """INSERT INTO outbox_published (id, topic, hash, key, value)
           SELECT -1, topic, hash, key, convert_to(regexp_replace(convert_from(value, 'utf8'), '"id":"[^"]*"',
                  '"id":"00000000-0000-4000-8000-000000000000"'), 'utf8') FROM outbox_published LIMIT 1""",
    ),
    "a subscriber passed over an event that is not the client's": (
        "churn", "I4", f"DELETE FROM inbox WHERE consumer_group = 'churn.card' AND {ONE_CLAIM}",
    ),
    "an event is claimed twice": (
        "churn", "I4", "ALTER TABLE inbox DROP CONSTRAINT pk_inbox",
        f"INSERT INTO inbox SELECT * FROM inbox WHERE consumer_group = 'churn.card' AND {ONE_CLAIM}",
    ),
    "a ledger entry is doubled": (
        "loyalty", "I2 I3",
        """INSERT INTO entries SELECT gen_random_uuid(), shop, customer_id, version + 1000, lot_id, order_id, kind,
           bucket, points, cause, triggered_by, programme_version, effective_at, posted_at FROM entries LIMIT 1""",
    ),
    "a balance is off by one": (
        "loyalty", "I3", f"UPDATE customers SET available = available + 1 WHERE {ONE_CUSTOMER}",
    ),
    "a ledger and its balance are off by one together": (
        "loyalty", "I3",
        f"UPDATE customers SET pending = pending + 1, lifetime = lifetime + 1 WHERE {ONE_CUSTOMER}",
        "ALTER TABLE entries DISABLE TRIGGER USER",
        f"""UPDATE entries SET points = points + 1 WHERE entry_id =
            (SELECT entry_id FROM entries WHERE kind = 'earn' AND {ONE_CUSTOMER} LIMIT 1)""",
        "ALTER TABLE entries ENABLE TRIGGER USER",
    ),
    "a tier is not the one that was reached": (
        "loyalty", "I3", f"UPDATE customers SET tier = 'gold' WHERE tier = 'bronze' AND {ONE_CUSTOMER}",
    ),
    "a programme was changed without a word": (
        "loyalty", "I3", "UPDATE programmes SET document = document || ' '",
    ),
    "a customer is in the wrong band": (
        "churn", "I3", f"UPDATE customers SET band = 'lost' WHERE {ONE_AT_RISK}",
    ),
    "a crossing is not due at its instant": (
        "churn", "I3", f"UPDATE customers SET due_at = due_at + interval '1 second' WHERE {ONE_AT_RISK}",
    ),
    "an order is not in the figures of its month": (
        "churn", "I3", f"UPDATE kpi_changes SET orders = orders - 1 WHERE {ONE_COUNT}",
    ),
    "a figure is off by the smallest amount": (
        "churn", "I3", f"UPDATE kpi_changes SET revenue = revenue + 1 WHERE {ONE_COUNT}",
    ),
    "a customer is counted twice in a cohort": (
        "churn", "I3", f"INSERT INTO kpi_changes SELECT * FROM kpi_changes WHERE {ONE_COUNT}",
    ),
    "a visitor is taken for a new one": (
        "churn", "I3", f"UPDATE kpi_changes SET orders = orders + 1 WHERE {ONE_COUNT.replace('cohort', 'visit')}",
    ),
    "a member counts among everybody else": (
        "churn", "I3", "UPDATE kpi_part_changes SET customers = customers - 1 WHERE kind = 'cohort'",
    ),
    "a value at risk is off by a cent": (
        "churn", "I3", f"UPDATE customers SET value_at_risk = value_at_risk + 0.01 WHERE {ONE_AT_RISK}",
    ),
    "a customer's orders are forgotten": (
        "churn", "I3", f"UPDATE customers SET orders = '' WHERE {ONE_AT_RISK}",
    ),
    "an interaction is counted twice": (
        "churn", "I2 I3",
        """UPDATE customers SET interactions = interactions + 1
           WHERE customer_id = (SELECT min(customer_id) FROM customers WHERE interactions > 0)""",
    ),
    "an offset went back": (
        "loyalty", "I5", f"UPDATE offsets SET next_offset = next_offset - 1 WHERE {ONE_OFFSET}",
        f"UPDATE offsets SET next_offset = next_offset + 1 WHERE {ONE_OFFSET}",
    ),
    "an offset jumped": (
        "loyalty", "I5", "DELETE FROM fault_offsets WHERE ctid = (SELECT min(ctid) FROM fault_offsets WHERE old > 0)",
    ),
    "an offset stops before the end of its log": (
        "notify", "I5", f"UPDATE offsets SET next_offset = next_offset - 1 WHERE {ONE_OFFSET}",
    ),
    "a decision is sent twice": (
        "notify", "I2",
        """CREATE TEMP TABLE copied AS SELECT * FROM sends WHERE state = 'sent' LIMIT 1""",
        "UPDATE copied SET send_id = gen_random_uuid(), state = 'ready', not_before = 'infinity'",
        "INSERT INTO sends SELECT * FROM copied",
    ),
    "a send is still under way": (
        "notify", "I6", f"UPDATE sends SET state = 'sending' WHERE {ONE_SENT}",
    ),
    "a send that arrived is called refused": (
        "notify", "I6", f"UPDATE sends SET state = 'refused' WHERE {ONE_SENT}",
    ),
    "more sends are unknown than there was reason for": (
        "notify", "I6", "UPDATE sends SET state = 'unknown'",
    ),
    "an older version of the points was applied last": (
        "notify", "I7", """UPDATE customers SET points_version = points_version - 1, points = 0
                            WHERE points_version > 1 AND customer_id =
                            (SELECT min(customer_id) FROM customers WHERE points_version > 1)""",
    ),
    "points are not those of their version": (
        "notify", "I7", "UPDATE customers SET points = points + 1 WHERE points_version > 0",
    ),
    "an address is not that of its version": (
        "notify", "I7", "UPDATE customers SET email = 'somebody@else.test' WHERE contact_version > 0",
    ),
    "a card shows other points than its version": (
        "churn", "I7", "UPDATE cards SET points = jsonb_set(points, '{available}', '12345') WHERE points IS NOT NULL",
    ),
    "a shop's older settings stand": (
        "loyalty", "I7", "UPDATE shops SET version = version - 1",
    ),
    "an event is counted as applied that was not": (
        "loyalty", "I10",
        """UPDATE applied SET events = events + 1
           WHERE ctid = (SELECT ctid FROM applied WHERE type = 'order.paid' LIMIT 1)""",
    ),
    "a good event is a dead letter": (
        "loyalty", "I3 I10 I11",
        """INSERT INTO dead_letters
               (consumer_group, topic, partition, record_offset, event_id, code, detail, received_at)
           SELECT 'loyalty', 'ingest.events', 0, 0, cause, 'poisonous', '', now()
           FROM entries e WHERE kind = 'earn' AND 0 < (
               SELECT sum(points) FROM entries WHERE lot_id = e.lot_id AND kind IN ('earn', 'reverse'))
           ORDER BY entry_id LIMIT 1""",
    ),
}  # fmt: skip


@pytest.mark.parametrize("what", SPOILT)
async def test_it_is_found(what, spoiling):
    service, breaks, *statements = SPOILT[what]
    await spoiling.sql(service, *statements)

    findings = check(spoiling.run)

    assert {finding.invariant.split()[0] for finding in findings if not finding.ok} == set(breaks.split()), findings
    assert not any("@" in detail for finding in findings for detail in finding.details)
