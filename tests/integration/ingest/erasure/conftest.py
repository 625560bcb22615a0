"""What the tests of erasures ask of ingest."""

from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from harness.ingest_service import SHOP, Ingest
from harness.looking import look_for
from ingest.erasure.finish import finish_some

Ask = Callable[..., Awaitable[Any]]
SCOPE = "customers:erase"


@pytest.fixture
def erase(ingest: Ingest) -> Ask:
    async def ask(customer: str, *, finish: bool = True, shop: str = SHOP) -> Any:
        answer = await ingest.ask("DELETE", f"/v1/customers/{customer}", SCOPE, shop=shop)
        while finish and await ingest.database.worker.fetchval("SELECT count(*) FROM unfinished_erasures"):
            await finish_some(ingest.context)
        return answer

    return ask


@pytest.fixture
def readmit(ingest: Ingest) -> Ask:
    async def ask(customer: str) -> Any:
        return await ingest.ask("POST", f"/v1/customers/{customer}/readmit", SCOPE)

    return ask


@pytest.fixture
def places(ingest: Ingest, postgres: str) -> Ask:
    """Where strings stand in the database, as table.column."""

    async def look(*strings: str) -> set[tuple[str, str]]:
        found = await look_for(strings, postgres, ingest.database)
        return {(f"{each.table}.{each.column}", each.planted) for each in found}

    return look
