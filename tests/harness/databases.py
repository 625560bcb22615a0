"""A database per test, copied from a template that each worker of a run migrates once."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from itertools import count

import asyncpg

from harness.worker import own
from mandegar.command import service_root
from mandegar.database import Pool, open_pool
from mandegar.database.migrations import upgrade
from mandegar_local.databases import create_service_databases, role_url

PASSWORD = "for-tests-only"
_TEMPLATE = f"_{own('template')}"
_ROLES_ARE_MADE = 1  # key of the lock: two sessions that alter one role fail
_numbers = count()
_templates: dict[tuple[str, str], asyncio.Task[None]] = {}


@dataclass(frozen=True)
class ServiceDatabase:
    """One service's empty, migrated database, with a pool for each role that serves."""

    service: str
    worker: Pool
    web: Pool
    worker_url: str
    web_url: str
    owner_url: str


def passwords(*services: str) -> dict[str, str]:
    return {f"{service}_{role}": PASSWORD for service in services for role in ("owner", "worker", "web")}


async def create_database(admin_url: str, service: str, suffix: str) -> None:
    """The roles of ``service``, which all workers of a run have in common, and an empty database of this worker."""
    admin = await asyncpg.connect(admin_url)
    try:
        await admin.execute("SELECT pg_advisory_lock($1)", _ROLES_ARE_MADE)
        await create_service_databases(admin_url, [service], passwords(service), suffix=suffix)
    finally:
        await admin.close()


async def _make_template(admin_url: str, service: str) -> None:
    await create_database(admin_url, service, _TEMPLATE)
    owner = role_url(admin_url, f"{service}_owner", PASSWORD, f"{service}{_TEMPLATE}")
    await asyncio.to_thread(upgrade, service_root(service), owner)


@asynccontextmanager
async def service_database(admin_url: str, service: str) -> AsyncIterator[ServiceDatabase]:
    """A fresh copy of ``service``'s migrated database, gone afterwards."""
    if (template := (admin_url, service)) not in _templates:
        _templates[template] = asyncio.create_task(_make_template(admin_url, service))
    await _templates[template]
    name = f"{service}_{own(str(next(_numbers)))}"
    admin = await asyncpg.connect(admin_url)
    try:
        await admin.execute(f'CREATE DATABASE "{name}" TEMPLATE "{service}{_TEMPLATE}" OWNER "{service}_owner"')
        await admin.execute(f'REVOKE ALL ON DATABASE "{name}" FROM PUBLIC')
        await admin.execute(f'GRANT CONNECT ON DATABASE "{name}" TO "{service}_worker", "{service}_web"')
        urls = {role: role_url(admin_url, f"{service}_{role}", PASSWORD, name) for role in ("worker", "web", "owner")}
        worker = await open_pool(urls["worker"], name="test-worker", size_max=8)
        web = await open_pool(urls["web"], name="test-web", size_max=4)
        try:
            yield ServiceDatabase(service, worker, web, urls["worker"], urls["web"], urls["owner"])
        finally:
            worker.terminate()
            web.terminate()
            await admin.execute(f'DROP DATABASE "{name}" WITH (FORCE)')
    finally:
        await admin.close()
