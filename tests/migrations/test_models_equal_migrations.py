"""What migrations build from nothing is what the table definitions say: neither can change without the other."""

import asyncio
import re
from importlib import import_module
from typing import Any

import asyncpg
import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import Connection, MetaData
from sqlalchemy.ext.asyncio import create_async_engine
from sqlalchemy.pool import NullPool

from mandegar.command import service_root
from mandegar.database.migrations import upgrade

SERVICES = ("ingest", "loyalty", "churn", "notify")
# Children of the partitioned table come and go with time; alembic keeps its own table.
_NOT_MODELLED = re.compile(r"^outbox_published_(other|\d{8})$|^alembic_version$")


def differences(connection: Connection, metadata: MetaData) -> list[Any]:
    """What alembic would change to make the database equal to ``metadata``."""

    def modelled(name: str | None, kind: str, _: Any) -> bool:
        return kind != "table" or not _NOT_MODELLED.match(name or "")

    options = {"compare_type": True, "compare_server_default": True, "include_name": modelled}
    return list(compare_metadata(MigrationContext.configure(connection, opts=options), metadata))


@pytest.mark.integration
@pytest.mark.parametrize("service", SERVICES)
async def test_models_equal_migrations(make_database, service):
    database = await make_database(service)
    engine = create_async_engine(
        database.owner_url.replace("postgresql://", "postgresql+asyncpg://", 1), poolclass=NullPool
    )

    async with engine.connect() as connection:
        found = await connection.run_sync(differences, import_module(f"{service}.tables").metadata)
    await engine.dispose()

    assert not found, "\n  ".join([f"{service}: write a migration, or correct tables.py", *map(str, found)])


@pytest.mark.integration
@pytest.mark.parametrize("service", SERVICES)
async def test_every_table_with_a_shop_is_walled_off_from_other_shops(make_database, service):
    """Row-level security is forced, and the web role sees one shop's rows, on each table that has a shop."""
    database = await make_database(service)
    connection = await asyncpg.connect(database.owner_url)

    open_to_all = await connection.fetch(
        """
        SELECT c.relname FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid AND a.attname = 'shop'
        WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'p') AND c.relname <> 'dead_letters'
            AND (NOT (c.relrowsecurity AND c.relforcerowsecurity) OR NOT EXISTS (
                SELECT FROM pg_policies p WHERE p.tablename = c.relname AND p.roles = ARRAY[$1 || '_web']::name[]))
            AND has_table_privilege($1 || '_web', c.oid, 'SELECT')
        """,
        service,
    )
    await connection.close()

    assert [row["relname"] for row in open_to_all] == []


@pytest.mark.integration
@pytest.mark.parametrize("service", SERVICES)
async def test_migrating_again_changes_nothing(make_database, service):
    database = await make_database(service)
    before = await database.worker.fetchval("SELECT version_num FROM alembic_version")

    await asyncio.to_thread(upgrade, service_root(service), database.owner_url)

    assert await database.worker.fetchval("SELECT version_num FROM alembic_version") == before
