"""Building blocks of migrations. A released one never changes: another shape of a table needs a new migration."""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import asyncpg
from alembic import command, context
from alembic.config import Config
from alembic.operations import Operations
from sqlalchemy import Connection, MetaData, pool
from sqlalchemy.ext.asyncio import create_async_engine
from sqlalchemy.sql.schema import SchemaItem

from mandegar.database.address import NotConnected, why_unconnected
from mandegar.database.shop_read import ShopRead
from mandegar.database.tables import customers_table, new_metadata, standard_tables

_WORKER_RIGHTS = "SELECT, INSERT, UPDATE, DELETE"

# The inbox before ``key_inbox_by_id`` (decision 12).
_FIRST_INBOX = """
CREATE TABLE inbox (
    consumer_group text NOT NULL, event_id uuid NOT NULL, recorded_time timestamptz NOT NULL,
    CONSTRAINT pk_inbox PRIMARY KEY (consumer_group, event_id, recorded_time)
) PARTITION BY RANGE (recorded_time)
"""

# Row-level security is forced, so the owner sees of the audit no more than what these functions set.
_ERASE_AUDIT_POLICY = """
CREATE POLICY erased ON audit TO CURRENT_USER
USING (
    shop = current_setting('app.erased_shop', true)
    AND subject IN (current_setting('app.erased_customer', true), 'erased')
)
"""
_ERASE_AUDIT = """
CREATE FUNCTION erase_audit(in_shop text, of_customer text) RETURNS int
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
    changed int;
BEGIN
    PERFORM set_config('app.erased_shop', in_shop, true), set_config('app.erased_customer', of_customer, true);
    UPDATE audit SET subject = 'erased',
        target = trim('/' FROM replace('/' || target || '/', '/' || of_customer || '/', '/erased/'))
    WHERE shop = in_shop AND subject = of_customer;
    GET DIAGNOSTICS changed = ROW_COUNT;
    PERFORM set_config('app.erased_shop', '', true), set_config('app.erased_customer', '', true);
    RETURN changed;
END $$
"""

_HOUSEKEEPING = """
CREATE FUNCTION keep_partitions(parent text, step interval, keep interval, ahead int, at timestamptz)
RETURNS void LANGUAGE plpgsql SECURITY DEFINER SET search_path = public AS $$
DECLARE
    start timestamptz;
    part record;
BEGIN
    FOR i IN 0..ahead LOOP
        start := date_bin(step, at, timestamptz '2024-01-01 00:00:00+00') + i * step;
        BEGIN
            EXECUTE format('CREATE TABLE IF NOT EXISTS %I PARTITION OF %I FOR VALUES FROM (%L) TO (%L)',
                           parent || to_char(start AT TIME ZONE 'UTC', '_YYYYMMDD'), parent, start, start + step);
        EXCEPTION WHEN check_violation THEN
            -- Rows of this period are in the default partition, so it stays there; keys are unique there too.
            RAISE WARNING 'rows of % since % are in its default partition', parent, start;
        END;
    END LOOP;
    FOR part IN
        SELECT child.relname, to_timestamp(right(child.relname, 8), 'YYYYMMDD') AS since
        FROM pg_inherits JOIN pg_class child ON child.oid = inhrelid
        WHERE inhparent = parent::regclass AND child.relname ~ '_[0-9]{8}$'
    LOOP
        IF part.since + step < at - keep THEN
            EXECUTE format('DROP TABLE %I', part.relname);
        END IF;
    END LOOP;
END $$
"""


# Days of published rows are dropped whole, so nothing is gained by reading them again to mark their pages.
_UNVACUUMED = "WITH (autovacuum_vacuum_insert_threshold = -1)"


def create_standard_tables(op: Operations, service: str) -> None:
    """Create the tables of ``standard_tables`` with their rights, partitions and the function that keeps partitions."""
    metadata = new_metadata()
    standard_tables(metadata)
    metadata.create_all(op.get_bind(), tables=[table for table in metadata.sorted_tables if table.name != "inbox"])
    op.execute(_FIRST_INBOX)
    op.execute("CREATE TABLE inbox_other PARTITION OF inbox DEFAULT")
    op.execute("CREATE TABLE outbox_published_other PARTITION OF outbox_published DEFAULT")
    op.execute("ALTER TABLE outbox SET (autovacuum_vacuum_scale_factor = 0.01, fillfactor = 90)")
    for table in ("offsets", "brakes", "inbox", "outbox", "outbox_published", "dead_letters", "applied", "shops"):
        op.execute(f"GRANT {_WORKER_RIGHTS} ON {table} TO {service}_worker")
    op.execute(f"GRANT INSERT ON outbox TO {service}_web")
    isolate_by_shop(op, service, "shops", grant_worker=False)
    op.execute(_HOUSEKEEPING)
    op.execute("REVOKE ALL ON FUNCTION keep_partitions FROM PUBLIC")
    op.execute(f"GRANT EXECUTE ON FUNCTION keep_partitions TO {service}_worker")
    op.execute(f"GRANT SELECT ON alembic_version TO {service}_worker")


def create_if_missing(op: Operations, table: str) -> None:
    """Create a standard table that ``create_standard_tables`` did not have yet; a new database has it already."""
    metadata = new_metadata()
    standard_tables(metadata)
    metadata.tables[table].create(op.get_bind(), checkfirst=True)


def create_brakes(op: Operations, service: str) -> None:
    """Create the table of engaged brakes."""
    create_if_missing(op, "brakes")
    op.execute(f"GRANT {_WORKER_RIGHTS} ON brakes TO {service}_worker")


def key_inbox_by_id(op: Operations, service: str) -> None:
    """Make the inbox one table whose primary key is event id and consumer group, without the time (decision 12)."""
    op.execute("ALTER TABLE inbox RENAME TO inbox_by_time")
    op.execute("ALTER TABLE inbox_by_time RENAME CONSTRAINT pk_inbox TO pk_inbox_by_time")
    metadata = new_metadata()
    standard_tables(metadata)
    metadata.tables["inbox"].create(op.get_bind())
    op.execute(
        """
        INSERT INTO inbox (consumer_group, event_id, recorded_time)
        SELECT consumer_group, event_id, max(recorded_time) FROM inbox_by_time GROUP BY consumer_group, event_id
        """
    )
    op.execute("DROP TABLE inbox_by_time")
    op.execute("ALTER TABLE inbox SET (autovacuum_vacuum_scale_factor = 0.02)")
    op.execute(f"GRANT {_WORKER_RIGHTS} ON inbox TO {service}_worker")


def create_customers(op: Operations, service: str, *columns: SchemaItem) -> None:
    """Create the table ``customers`` with the service's own columns."""
    metadata = new_metadata()
    customers_table(metadata, *columns)
    metadata.create_all(op.get_bind())
    op.execute("ALTER TABLE customers SET (fillfactor = 80, autovacuum_vacuum_scale_factor = 0.02)")
    isolate_by_shop(op, service, "customers")


def spare_published_rows(op: Operations) -> None:
    """Let autovacuum pass over days that are only written and dropped, and not rest between pages of the outbox.

    Otherwise all of its workers are busy with the large tables of inserts while dead rows pile up in the outbox, which
    the relay then reads at each round.
    """
    op.execute(
        _HOUSEKEEPING.replace("CREATE FUNCTION", "CREATE OR REPLACE FUNCTION").replace(
            "FOR VALUES FROM (%L) TO (%L)'", f"FOR VALUES FROM (%L) TO (%L) {_UNVACUUMED}'"
        )
    )
    op.execute(
        """
        DO $$
        DECLARE
            part record;
        BEGIN
            FOR part IN
                SELECT inhrelid::regclass AS name FROM pg_inherits WHERE inhparent = 'outbox_published'::regclass
            LOOP
                EXECUTE format('ALTER TABLE %s SET (autovacuum_vacuum_insert_threshold = -1)', part.name);
            END LOOP;
        END $$
        """
    )
    op.execute("ALTER TABLE outbox SET (autovacuum_vacuum_cost_delay = 0)")


def add_merges(op: Operations) -> None:
    """Add to ``customers`` what makes an alias of a customer; a new database has it already."""
    for column in ("alias_of text", "merged_into text", "merge_version bigint"):
        op.execute(f"ALTER TABLE customers ADD COLUMN IF NOT EXISTS {column}")
    for column in ("alias_of", "merged_into"):
        op.execute(
            f"CREATE INDEX IF NOT EXISTS ix_customers_{column} ON customers (shop, {column}) WHERE {column} IS NOT NULL"
        )


def add_erasures(op: Operations, service: str) -> None:
    """Add to ``customers`` what makes a tombstone of a row, the table ``erasures``, and outbox rows without a value."""
    instants = ("erased_at timestamptz", "erased_before timestamptz")
    for column in (*instants, "erased_by uuid", "erasure_version bigint", "erased_profile bigint"):
        op.execute(f"ALTER TABLE customers ADD COLUMN IF NOT EXISTS {column}")
    op.execute(
        "CREATE INDEX IF NOT EXISTS ix_customers_erased ON customers (shop, customer_id) WHERE erased_at IS NOT NULL"
    )
    op.execute("ALTER TABLE shops ADD COLUMN IF NOT EXISTS keep_books boolean NOT NULL DEFAULT false")
    create_if_missing(op, "erasures")
    isolate_by_shop(op, service, "erasures")
    op.execute(f"REVOKE INSERT, UPDATE, DELETE ON erasures FROM {service}_web")
    for table in ("outbox", "outbox_published"):
        op.execute(f"ALTER TABLE {table} ALTER COLUMN value DROP NOT NULL")
    op.execute("COMMENT ON COLUMN outbox.value IS 'null: a tombstone'")
    op.execute("CREATE INDEX IF NOT EXISTS ix_dead_letters_key ON dead_letters USING hash (key) WHERE key IS NOT NULL")
    op.execute("CREATE INDEX IF NOT EXISTS ix_audit_subject ON audit (shop, subject) WHERE subject IS NOT NULL")
    op.execute(_ERASE_AUDIT_POLICY)
    op.execute(_ERASE_AUDIT)
    op.execute("REVOKE ALL ON FUNCTION erase_audit FROM PUBLIC")
    op.execute(f"GRANT EXECUTE ON FUNCTION erase_audit TO {service}_worker")


def add_pseudonyms(op: Operations) -> None:
    """Add to ``shops`` how ids are published and which attributes are; a new database has it already."""
    op.execute("ALTER TABLE shops ADD COLUMN IF NOT EXISTS customer_ids text NOT NULL DEFAULT 'as_sent'")
    op.execute("ALTER TABLE shops ADD COLUMN IF NOT EXISTS attributes jsonb NOT NULL DEFAULT '{}'")


def add_points_from(op: Operations) -> None:
    """Add to ``shops`` from when on orders earn points; a new database has it already."""
    op.execute("ALTER TABLE shops ADD COLUMN IF NOT EXISTS points_from timestamptz")


def isolate_by_shop(op: Operations, service: str, table: str, *, grant_worker: bool = True) -> None:
    """Enable row-level security on a table with a ``shop`` column: the worker sees all rows, the web role one shop's.

    ``grant_worker`` is false for a table on which the worker's rights were granted before.
    """
    if grant_worker:
        op.execute(f"GRANT {_WORKER_RIGHTS} ON {table} TO {service}_worker")
    op.execute(f"GRANT {_WORKER_RIGHTS} ON {table} TO {service}_web")
    op.execute(f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY")
    op.execute(f"ALTER TABLE {table} FORCE ROW LEVEL SECURITY")
    op.execute(f"CREATE POLICY worker ON {table} TO {service}_worker USING (true) WITH CHECK (true)")
    one_shop = "shop = current_setting('app.shop', true)"
    op.execute(f"CREATE POLICY one_shop ON {table} TO {service}_web USING ({one_shop}) WITH CHECK ({one_shop})")


def create_shop_read(op: Operations, service: str, read: ShopRead) -> None:
    """Create the function of ``read``, which only the web role may call: the worker's rows are those of every shop."""
    op.execute(read.definition)
    op.execute(f"REVOKE ALL ON FUNCTION {read.name} FROM PUBLIC")
    op.execute(f"GRANT EXECUTE ON FUNCTION {read.name} TO {service}_web")


@contextmanager
def reaching_every_shop(op: Operations, *tables: str) -> Iterator[None]:
    """Let the owner's statements reach rows of these tables, which forced row-level security hides even from it."""
    for table in tables:
        op.execute(f"ALTER TABLE {table} NO FORCE ROW LEVEL SECURITY")
    yield
    for table in tables:
        op.execute(f"ALTER TABLE {table} FORCE ROW LEVEL SECURITY")


def upgrade(service_root: Path, owner_url: str) -> None:
    """Apply all migrations under ``service_root`` to the database of ``owner_url``; raises ``NotConnected``."""
    config = Config()
    config.set_main_option("script_location", str(service_root / "migrations"))
    config.attributes["url"] = owner_url
    command.upgrade(config, "head")


def run_env(metadata: MetaData) -> None:
    """Run the migrations in one transaction each; every service's ``migrations/env.py`` calls this."""

    def migrate(connection: Connection) -> None:
        context.configure(connection=connection, target_metadata=metadata, transaction_per_migration=True)
        with context.begin_transaction():
            context.run_migrations()

    async def connect(url: str) -> None:
        async def connect_as_services_do() -> "asyncpg.Connection[asyncpg.Record]":
            # SQLAlchemy would not understand the sslmode of the address.
            settings = {"lock_timeout": "4s", "application_name": "migrations"}
            try:
                return await asyncpg.connect(url, timeout=10, server_settings=settings)
            except (asyncpg.PostgresError, asyncpg.InterfaceError, OSError, TimeoutError) as error:
                raise NotConnected(why_unconnected(error)) from error

        engine = create_async_engine(
            "postgresql+asyncpg://", poolclass=pool.NullPool, async_creator=connect_as_services_do
        )
        async with engine.connect() as connection:
            await connection.run_sync(migrate)
            await connection.commit()
        await engine.dispose()

    asyncio.run(connect(context.config.attributes["url"]))
