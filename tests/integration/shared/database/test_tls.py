"""PostgreSQL over TLS: a server that takes nothing in clear, and every way in which the product connects."""

import asyncio
import os
import subprocess
import sys
from collections.abc import Iterator
from types import SimpleNamespace
from urllib.parse import quote, urlsplit

import pytest

from harness.certificates import Authority
from harness.databases import PASSWORD, passwords
from harness.encrypted_postgres import binaries_with_tls, encrypted_server
from harness.in_process import running
from harness.tls_front import fronted_server
from harness.waiting import eventually
from mandegar.database import open_pool
from mandegar.events.topics import LOYALTY_EVENTS
from mandegar.kafka.broker import Broker
from mandegar.kafka.names import TopicNames
from mandegar.outbox.relay import Relay
from mandegar.run import upkeep
from mandegar.run.upkeep import DatabaseNotReady, wait_for_migrations
from mandegar_local.databases import create_service_databases


@pytest.fixture(scope="module")
def server(tmp_path_factory) -> Iterator[SimpleNamespace]:
    """PostgreSQL with a certificate for ``localhost`` that refuses connections without TLS."""
    certificates = tmp_path_factory.mktemp("certificates")
    authority = Authority(certificates)
    certificate = authority.issue("localhost")
    binaries = binaries_with_tls()
    with encrypted_server(binaries, certificate) if binaries else fronted_server(certificate) as admin_url:
        asyncio.run(create_service_databases(f"{admin_url}?sslmode=require", ["loyalty"], passwords("loyalty")))
        yield SimpleNamespace(
            port=urlsplit(admin_url).port,
            authority=authority,
            stranger=Authority(certificates, "stranger"),
            ends_tls=binaries is not None,
        )


def url(server, role: str, *, mode: str = "verify-full", host: str = "localhost", authority=None) -> str:
    trusted = quote(str((authority or server.authority).file), safe="")
    place = f"loyalty_{role}:{PASSWORD}@{host}:{server.port}/loyalty"
    return f"postgresql://{place}?sslmode={mode}&sslrootcert={trusted}"


def migrate(address: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "loyalty", "migrate"],
        env={**os.environ, "MANDEGAR_OWNER_DATABASE_URL": address},
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.fixture(scope="module")
def migrated(server) -> SimpleNamespace:
    """The same server; its database was migrated by the command of production."""
    done = migrate(url(server, "owner"))
    assert (done.returncode, done.stderr) == (0, "")
    return server


@pytest.mark.parametrize("mode", ["verify-full", "verify-ca", "require"])
async def test_migrations_and_the_pools_of_a_service_use_tls(migrated, mode):
    host = "localhost" if mode == "verify-full" else "127.0.0.1"
    assert migrate(url(migrated, "owner", mode=mode, host=host)).returncode == 0
    await wait_for_migrations(url(migrated, "worker", mode=mode, host=host))
    for role in ("worker", "web"):
        pool = await open_pool(url(migrated, role, mode=mode, host=host), name=role, size_max=2)
        encrypted = await pool.fetchval("SELECT ssl FROM pg_stat_ssl WHERE pid = pg_backend_pid()")
        pool.terminate()
        assert encrypted is migrated.ends_tls


async def test_the_relay_uses_tls(migrated, kafka, topic_prefix):
    worker = await open_pool(url(migrated, "worker"), name="test", size_max=1)
    async with running(Relay(Broker(kafka), url(migrated, "worker"), TopicNames(topic_prefix), 12).run()):
        await worker.execute(
            "INSERT INTO outbox (topic, hash, key, value) VALUES ($1, 0, $2, $3)", LOYALTY_EVENTS, b"demo:c", b"v"
        )
        await eventually(lambda: worker.fetchval("SELECT count(*) FROM outbox"), lambda rows: rows == 0)
    worker.terminate()


@pytest.mark.parametrize("wrong", ["name", "authority"])
async def test_a_server_that_cannot_prove_who_it_is_is_refused_in_a_sentence(migrated, wrong):
    changes = {"host": "127.0.0.1"} if wrong == "name" else {"authority": migrated.stranger}
    sentence = "the certificate of the database's server is not accepted"

    refused = migrate(url(migrated, "owner", **changes))
    with pytest.raises(DatabaseNotReady, match=sentence):
        await wait_for_migrations(url(migrated, "worker", **changes))

    assert refused.returncode == 1
    assert refused.stderr.startswith(f"loyalty: {sentence}")
    assert refused.stderr.count("\n") == 1
    assert PASSWORD not in refused.stderr


async def test_a_server_that_requires_tls_is_not_reached_without(migrated, monkeypatch):
    monkeypatch.setattr(upkeep, "MIGRATIONS_WAIT_SECONDS", 0.0)
    monkeypatch.setenv("MANDEGAR_ALLOW_INSECURE", "postgresql")

    refused = migrate(url(migrated, "owner", mode="disable"))
    with pytest.raises(DatabaseNotReady, match="no encryption"):
        await wait_for_migrations(url(migrated, "worker", mode="disable"))

    assert refused.returncode == 1
    assert "no encryption" in refused.stderr
    assert refused.stderr.count("\n") == 1
