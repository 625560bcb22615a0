"""F11: the databases of loyalty and churn are restored to an older backup. The topics bring them back to the present.

Ingest and notify are left as they are: what ingest accepted since would be nowhere else, and what notify sent since it
would send again, but for what its providers recognise. Their backups need their own log archive (docs/operations).
"""

import asyncio

import asyncpg

from faults.drill import Drill
from faults.scenario import Scenario

RESTORED = ("loyalty", "churn")


async def older_backups_catch_up(drill: Drill) -> None:
    stack = drill.stack
    async with drill.load(rate=100, seconds=10):
        await asyncio.sleep(8)
    await _each(drill, "back up", "CREATE DATABASE {0}_backup TEMPLATE {0} OWNER {0}_owner")
    async with drill.load(rate=100, seconds=20):
        await asyncio.sleep(12)
        before = await _entries(drill)
        await _each(drill, "restore", "DROP DATABASE {0} WITH (FORCE)", "ALTER DATABASE {0}_backup RENAME TO {0}")
    drill.figures["entries before"], drill.figures["after restore"] = before, await _entries(drill)
    await stack.wait_ready()


async def _each(drill: Drill, what: str, *statements: str) -> None:
    """End the services concerned, act on their databases, start them again."""
    stack = drill.stack
    for service in RESTORED:
        async with drill.fault(what, service):
            await stack.member(service).end()
            admin = await asyncpg.connect(stack.admin_url)
            try:
                await admin.execute(
                    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = $1", service
                )
                for statement in statements:
                    await admin.execute(statement.format(service))
                await admin.execute(f'GRANT CONNECT ON DATABASE {service} TO "{service}_worker", "{service}_web"')
            finally:
                await admin.close()
            stack.member(service).start()


async def _entries(drill: Drill) -> int:
    return int((await drill.stack.fetch("loyalty", "SELECT count(*) AS n FROM entries"))[0]["n"])


SCENARIOS = [Scenario("F11", "loyalty and churn restored to an older backup", older_backups_catch_up, own_stack=True)]
