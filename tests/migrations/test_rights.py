"""What the serving roles may do in a database is a written list: what routes and lanes use, and nothing else."""

import re
from collections import defaultdict

import asyncpg
import pytest

from mandegar_local.databases import role_url

ALL = "SELECT, INSERT, UPDATE, DELETE"
AUDIT = "SELECT, INSERT (action, address, key_id, request_id, result, shop, subject, target, times)"
QUEUE = "INSERT (hash, key, topic, value)"
_LANES = dict.fromkeys(
    (
        "applied", "brakes", "dead_letters", "inbox", "offsets", "outbox", "outbox_published", "shops",
        "waiting_beside",
    ),
    ALL,
)  # fmt: skip
WORKER = {"alembic_version": "SELECT", "audit": AUDIT, "customers": ALL, "erasures": ALL, **_LANES}
RIGHTS: dict[str, dict[str, str]] = {
    "ingest_worker": {
        **WORKER,
        **dict.fromkeys(
            ("events", "quarantine", "shop_limits", "source_keys", "sources", "unfinished_erasures", "waiting_refunds"),
            ALL,
        ),
        "account_addresses": ALL,
        "browser_customers": ALL,
        "imports": ALL,
        "import_errors": ALL,
        "import_parts": ALL,
        "own_consents": ALL,
        "reconciliation_extras": ALL,
        "reconciliation_rows": ALL,
        "reconciliations": ALL,
        "repairs": ALL,
        "rhythm": ALL,
        "source_hours": ALL,
        "unclaimed_order_events": ALL,
    },
    "ingest_web": {
        "audit": AUDIT,
        "erasures": "SELECT",
        "customers": "SELECT",
        "events": "SELECT",
        "imports": "SELECT",
        "import_errors": "SELECT",
        "import_parts": "SELECT",
        "quarantine": "SELECT, UPDATE (resolved_at, state)",
        "reconciliation_extras": "SELECT",
        "reconciliation_rows": "SELECT",
        "reconciliations": "SELECT",
        "repairs": "SELECT",
        "shops": "SELECT",
        "source_keys": "SELECT (created_at, prefix, revoked_at, shop, source_id), UPDATE (revoked_at), "
        "INSERT (created_at, hash, prefix, shop, source_id)",
        "shop_limits": "SELECT",
        "sources": "SELECT, INSERT, "
        "UPDATE (bytes_per_second, events_per_second, origins, record_of_orders, unit, visitor_proof, visitor_secrets)",
    },
    "loyalty_worker": {
        **WORKER,
        "entries": "SELECT, INSERT, DELETE, "
        "UPDATE (cause, customer_id, earned_as, entry_id, last_day, lot_id, order_id, triggered_by)",
        "orders": ALL,
        "phones": ALL,
        "idempotency_keys": ALL,
        "erased_commands": ALL,
        "redemptions": ALL,
        "programmes": "SELECT, INSERT, UPDATE (recomputed_at, recomputed_to, withdrawn_at)",
        "reward_catalogues": "SELECT, INSERT, UPDATE (withdrawn_at)",
        "reward_stocks": ALL,
        "reward_takes": ALL,
        "till_codes": ALL,
        "coupon_batches": ALL,
        "coupon_guesses": ALL,
        "phone_guesses": ALL,
        "draw_dues": ALL,
        "coupons": ALL,
        "budgets": ALL,
        "cutoffs": ALL,
        "programme_words": "SELECT, INSERT",
        "draws": ALL,
        "replay_customers": ALL,
        "replays": ALL,
        "shadows": "SELECT, UPDATE",
        "shop_zones": ALL,
        **dict.fromkeys(("adjustments", "book_changes", "book_days", "book_lots"), ALL),
        **dict.fromkeys(("referral_codes", "referral_marks", "referrals"), ALL),
    },
    "loyalty_web": {
        "audit": AUDIT,
        "coupon_batches": "SELECT, INSERT",
        "coupon_guesses": "SELECT, INSERT, UPDATE",
        "phone_guesses": "SELECT, INSERT, UPDATE",
        "draw_dues": "SELECT, INSERT, UPDATE",
        "coupons": "SELECT, INSERT (batch_id, coupon_id, nth, reward, shop), "
        "UPDATE (used_at, used_for, used_number, used_total)",
        "erasures": "SELECT",
        "customers": "SELECT",
        "entries": "SELECT",
        **dict.fromkeys(("adjustments", "book_changes", "book_days", "book_lots"), "SELECT"),
        **dict.fromkeys(("referral_codes", "referrals"), "SELECT"),
        "orders": "SELECT",
        "outbox": QUEUE,
        "phones": "SELECT",
        "redemptions": "SELECT",
        "programmes": "SELECT, INSERT, UPDATE (recomputed_at, recomputed_to, withdrawn_at)",
        "draws": "SELECT",
        "replay_customers": "SELECT",
        "replays": "SELECT, INSERT, UPDATE (finished_at, status)",
        "shadows": ALL,
        "reward_catalogues": "SELECT, INSERT, UPDATE (withdrawn_at)",
        "reward_stocks": "SELECT",
        "reward_takes": "SELECT",
        "programme_words": "SELECT, INSERT",
        "shop_zones": "SELECT",
        "shops": "SELECT",
    },
    "churn_worker": {
        **WORKER,
        **dict.fromkeys(("backtests", "calibrations", "forecasts", "horizons", "survey_answers", "treatments"), ALL),
        **dict.fromkeys(("change_marks", "count_changes", "count_sums"), ALL),
        "contracts": ALL,
        **dict.fromkeys(("backfills", "cards", "kpi_changes", "kpi_sums", "models", "older_orders"), ALL),
        **dict.fromkeys(("customer_parts", "kpi_part_changes", "kpi_part_sums"), ALL),
        **dict.fromkeys(("timelines", "timeline_entries"), ALL),
        **dict.fromkeys(("segments", "segment_shops", "segment_states", "segment_members", "segment_counts"), ALL),
        **dict.fromkeys(("segment_snapshots", "segment_snapshot_parts", "segment_snapshot_sums"), ALL),
    },
    "churn_web": {
        "audit": AUDIT,
        "backtests": "SELECT, INSERT, UPDATE (finished_at, status)",
        "erasures": "SELECT",
        "calibrations": "SELECT",
        "forecasts": "SELECT",
        "contracts": "SELECT",
        "survey_answers": "SELECT",
        **dict.fromkeys(("change_marks", "count_changes", "count_sums"), "SELECT"),
        **dict.fromkeys(("cards", "customers", "kpi_changes", "kpi_sums", "models", "older_orders", "shops"), "SELECT"),
        **dict.fromkeys(("customer_parts", "kpi_part_changes", "kpi_part_sums"), "SELECT"),
        "outbox": QUEUE,
        "horizons": "SELECT, INSERT, UPDATE",
        "treatments": "SELECT",
        **dict.fromkeys(("timelines", "timeline_entries"), "SELECT"),
        "segments": "SELECT, INSERT, UPDATE",
        "segment_shops": "SELECT, INSERT, UPDATE",
        **dict.fromkeys(("segment_states", "segment_members", "segment_counts"), "SELECT"),
        **dict.fromkeys(("segment_snapshots", "segment_snapshot_parts", "segment_snapshot_sums"), "SELECT"),
    },
    "notify_worker": {
        **WORKER,
        "address_consents": ALL,
        "journeys": "SELECT, INSERT, UPDATE (withdrawn_at)",
        "messages_elsewhere": ALL,
        "sends": ALL,
    },
    "notify_web": {
        "erasures": "SELECT",
        "address_consents": "SELECT, INSERT, UPDATE (at, method, status)",
        "audit": AUDIT,
        "customers": "SELECT, UPDATE (own_consents)",
        "journeys": "SELECT, INSERT, UPDATE (withdrawn_at)",
        "messages_elsewhere": "SELECT",
        "outbox": QUEUE,
        "sends": "SELECT",
        "shops": "SELECT",
    },
}
_UPKEEP = ["erase_audit", "expire_audit", "keep_partitions"]
FUNCTIONS = {
    **{role: _UPKEEP for role in RIGHTS if role.endswith("_worker")},
    "ingest_web": [],
    "loyalty_web": ["read_balance", "read_balance_in_units", "read_club", "read_club_as_written", "read_club_in_units"],
    "churn_web": [
        "read_cards_in_units",
        "read_cards_unless_erased",
        "read_customers_unless_erased",
        "read_heard_cards",
        "read_heard_customers",
        "read_scored_cards",
        "read_scored_customers",
        "read_timeline",
        "read_whole_cards",
        "read_whole_customers_unless_erased",
        "read_whole_heard_customers",
        "read_whole_scored_customers",
    ],
    "notify_web": [
        "read_contact_unless_erased",
        "read_messages_and_elsewhere",
        "read_messages_unless_erased",
        "read_words",
    ],
}

_TABLES = """
    SELECT c.relname, a.privilege_type AS privilege, NULL AS column
    FROM pg_class c, aclexplode(c.relacl) a
    WHERE c.relnamespace = 'public'::regnamespace AND a.grantee IN (0, $1::regrole)
    UNION ALL
    SELECT c.relname, a.privilege_type, t.attname
    FROM pg_class c JOIN pg_attribute t ON t.attrelid = c.oid, aclexplode(t.attacl) a
    WHERE c.relnamespace = 'public'::regnamespace AND a.grantee IN (0, $1::regrole)
"""


def parsed(rights: str) -> set[str]:
    """A list of rights, each with its columns in order."""
    return set(re.findall(r"[A-Z]+(?: \([a-z_, ]+\))?", rights))


async def granted(connection: asyncpg.Connection, role: str) -> dict[str, set[str]]:
    """What the catalogue says that ``role``, or everybody, may do with each table, sequence and column."""
    columns: dict[tuple[str, str], list[str]] = defaultdict(list)
    found: dict[str, set[str]] = defaultdict(set)
    for relation, privilege, column in await connection.fetch(_TABLES, role):
        if column is None:
            found[relation].add(privilege)
        else:
            columns[relation, privilege].append(column)
    for (relation, privilege), names in columns.items():
        found[relation].add(f"{privilege} ({', '.join(sorted(names))})")
    return found


@pytest.mark.integration
@pytest.mark.parametrize("role", RIGHTS)
async def test_a_serving_role_has_the_rights_of_the_list_and_no_others(make_database, role):
    service = role.rpartition("_")[0]
    owner = await asyncpg.connect((await make_database(service)).owner_url)
    found = await granted(owner, role)
    functions = await owner.fetch(
        "SELECT proname FROM pg_proc WHERE pronamespace = 'public'::regnamespace"
        " AND has_function_privilege($1, oid, 'EXECUTE') ORDER BY 1",
        role,
    )
    await owner.close()

    wanted = {table: parsed(rights) for table, rights in RIGHTS[role].items()}
    different = {
        table: f"has {sorted(found.get(table, ()))}, listed are {sorted(wanted.get(table, ()))}"
        for table in {*found, *wanted}
        if found.get(table) != wanted.get(table)
    }
    assert not different, (
        f"{role}: {different}. Write into RIGHTS what its routes or lanes use of the table, and grant just that in the "
        "migration: for the web role in the list that set_rights gets"
    )
    assert [row["proname"] for row in functions] == FUNCTIONS[role]


@pytest.mark.integration
@pytest.mark.parametrize("role", RIGHTS)
async def test_a_serving_role_makes_nothing_and_connects_to_its_own_database_alone(make_database, postgres, role):
    service, _, kind = role.rpartition("_")
    own, other = await make_database(service), await make_database("churn" if service != "churn" else "notify")
    url = {"worker": own.worker_url, "web": own.web_url}[kind]
    connection = await asyncpg.connect(url)
    for statement in (
        "CREATE TABLE mine (x int)",
        "CREATE TEMP TABLE mine (x int)",
        "CREATE SCHEMA mine",
        "CREATE FUNCTION mine() RETURNS int LANGUAGE sql AS 'SELECT 1'",
        "CREATE ROLE mine",
        "DROP TABLE shops",
        "ALTER TABLE shops ADD COLUMN x int",
        "CREATE INDEX ON shops (name)",
        "COPY shops TO PROGRAM 'true'",
        "SET SESSION AUTHORIZATION postgres",
    ):
        with pytest.raises(asyncpg.PostgresError):
            await connection.execute(statement)
    attributes = await connection.fetchrow(
        "SELECT rolsuper, rolcreaterole, rolcreatedb, rolreplication, rolbypassrls FROM pg_roles WHERE rolname = $1",
        role,
    )
    member_of = await connection.fetchval("SELECT count(*) FROM pg_auth_members WHERE member = $1::regrole", role)
    await connection.close()

    assert not any(attributes)
    assert member_of == 0
    password = url.split(":")[2].split("@")[0]
    for database in ("postgres", "template1", other.worker_url.rpartition("/")[2]):
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            await asyncpg.connect(role_url(postgres, role, password, database))
