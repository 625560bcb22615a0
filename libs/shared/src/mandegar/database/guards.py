"""The migration of the standard tables that guards against people; a service adds its own tables after it."""

from collections.abc import Mapping, Sequence

from alembic.operations import Operations

from mandegar.database.migrations import create_if_missing, isolate_by_shop
from mandegar.database.tables import SHOP_OF_KEY

# Neither `id` nor `at`: a serving role cannot date a line.
AUDIT_RIGHTS = "SELECT, INSERT (shop, key_id, subject, action, target, address, request_id, result, times)"

# Without an argument, so that no serving role can shorten the retention. It runs as the owner, whom row-level security
# shows expired lines alone.
_EXPIRE_AUDIT = """
CREATE FUNCTION expire_audit() RETURNS int LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
    deleted int;
BEGIN
    DELETE FROM audit WHERE id IN (
        SELECT id FROM audit WHERE at < now() - interval '400 days' ORDER BY at LIMIT 10000
    );
    GET DIAGNOSTICS deleted = ROW_COUNT;
    RETURN deleted;
END $$
"""


def add_guards(op: Operations, service: str, *, topics: Sequence[str]) -> None:
    """Apply the changes to the standard tables of ``service``, which publishes to ``topics``.

    Columns are added only where they are missing: a new database already has them from ``create_standard_tables``.
    """
    op.execute(f"REVOKE ALL ON alembic_version FROM {service}_web")
    op.execute("ALTER TABLE shops ADD COLUMN IF NOT EXISTS origins text[] NOT NULL DEFAULT '{}'")
    _add_audit(op, service)
    _guard_outbox(op, service, topics)
    op.execute(
        "CREATE INDEX IF NOT EXISTS ix_dead_letters_content ON dead_letters (shop)"
        " WHERE released_at IS NULL AND value IS NOT NULL"
    )
    op.execute("CREATE INDEX IF NOT EXISTS ix_dead_letters_released_at ON dead_letters (released_at)")
    # Shops that are stored keep sending.
    op.execute("ALTER TABLE shops ADD COLUMN IF NOT EXISTS sender_verified boolean NOT NULL DEFAULT true")


def _add_audit(op: Operations, service: str) -> None:
    create_if_missing(op, "audit")
    isolate_by_shop(op, service, "audit")
    for role in (f"{service}_worker", f"{service}_web"):
        op.execute(f"REVOKE ALL ON audit FROM {role}")
        op.execute(f"GRANT {AUDIT_RIGHTS} ON audit TO {role}")
    op.execute("CREATE POLICY expired ON audit TO CURRENT_USER USING (at < now() - interval '400 days')")
    op.execute(_EXPIRE_AUDIT)
    op.execute("REVOKE ALL ON FUNCTION expire_audit FROM PUBLIC")
    op.execute(f"GRANT EXECUTE ON FUNCTION expire_audit TO {service}_worker")


def _guard_outbox(op: Operations, service: str, topics: Sequence[str]) -> None:
    """A row belongs to the shop of its key; the web role may add rows of its own shop; topics are the service's own."""
    op.execute(
        f"ALTER TABLE outbox ADD COLUMN IF NOT EXISTS shop text NOT NULL GENERATED ALWAYS AS ({SHOP_OF_KEY}) STORED"
    )
    listed = ", ".join(f"'{topic}'" for topic in topics)
    op.execute(f"ALTER TABLE outbox ADD CONSTRAINT ck_outbox_topic CHECK (topic IN ({listed}))")
    op.execute("ALTER TABLE outbox ENABLE ROW LEVEL SECURITY")
    op.execute("ALTER TABLE outbox FORCE ROW LEVEL SECURITY")
    op.execute(f"CREATE POLICY worker ON outbox TO {service}_worker USING (true) WITH CHECK (true)")
    op.execute(
        f"CREATE POLICY one_shop ON outbox FOR INSERT TO {service}_web"
        " WITH CHECK (shop = current_setting('app.shop', true))"
    )


def add_waiting_beside(op: Operations, service: str) -> None:
    """Create the table of events that wait for the lane beside; the web role has no rights on it."""
    create_if_missing(op, "waiting_beside")
    isolate_by_shop(op, service, "waiting_beside")
    op.execute(f"REVOKE ALL ON waiting_beside FROM {service}_web")
    op.execute("ALTER TABLE waiting_beside SET (autovacuum_vacuum_scale_factor = 0.02)")


def set_rights(op: Operations, role: str, rights: Mapping[str, str]) -> None:
    """Give ``role`` these rights on tables and no others. Called last, when every table is there."""
    op.execute(f"REVOKE ALL ON ALL TABLES IN SCHEMA public FROM {role}")
    for table, granted in rights.items():
        op.execute(f"GRANT {granted} ON {table} TO {role}")
