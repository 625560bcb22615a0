"""Whose rows may be in the outbox is decided by the database, not by whoever writes them."""

from zlib import crc32

import asyncpg
import pytest

from mandegar.events.topics import TOPICS

SERVICES = ("ingest", "loyalty", "churn", "notify")
# A service of whose routes none publishes has no right to write there.
WITHOUT_WRITING_ROUTES = ("ingest",)
INSERT = "INSERT INTO outbox (topic, hash, key, value) VALUES ($1, $2, $3, 'x')"


async def queue(connection, topic: str, key: bytes) -> None:
    await connection.execute(INSERT, topic, crc32(key), key)


@pytest.mark.parametrize("service", SERVICES)
@pytest.mark.parametrize("key", [b"demo:sara", b"demo", b"", b"evilx:c", b"evi", b":evil", b"\xffevil", b"demo:evil:"])
async def test_a_web_role_cannot_publish_for_another_shop(make_database, service, key):
    database = await make_database(service)
    own = next(topic.name for topic in TOPICS if topic.name.startswith(service))
    web = await asyncpg.connect(database.web_url)
    await web.execute("SELECT set_config('app.shop', 'evil', false)")

    with pytest.raises(asyncpg.InsufficientPrivilegeError):
        await queue(web, own, key)
    await web.execute("SELECT set_config('app.shop', NULL, false)")
    with pytest.raises(asyncpg.InsufficientPrivilegeError):
        await queue(web, own, b"evil:c")
    await web.close()


@pytest.mark.parametrize("service", SERVICES)
async def test_a_web_role_may_queue_its_own_shop_s_events_if_its_routes_publish_and_never_reads_the_outbox(
    make_database, service
):
    database = await make_database(service)
    own = next(topic.name for topic in TOPICS if topic.name.startswith(service))
    web = await asyncpg.connect(database.web_url)
    await web.execute("SELECT set_config('app.shop', 'evil', false)")
    if service in WITHOUT_WRITING_ROUTES:
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            await queue(web, own, b"evil:c")
    else:
        await queue(web, own, b"evil:c")
        await queue(web, own, b"evil")
    for statement in ("SELECT count(*) FROM outbox", "DELETE FROM outbox", "UPDATE outbox SET topic = 'x'"):
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            await web.execute(statement)
    await web.close()


@pytest.mark.parametrize("service", SERVICES)
async def test_a_service_can_write_its_own_topics_and_no_others(make_database, service):
    database = await make_database(service)
    written = []
    for topic in [*(topic.name for topic in TOPICS), "no.such.topic"]:
        try:
            await queue(database.worker, topic, b"s:c")
        except asyncpg.CheckViolationError:
            continue
        written.append(topic)

    assert written == [topic.name for topic in TOPICS if topic.name.startswith(f"{service}.")]
