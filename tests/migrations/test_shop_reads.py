"""The functions by which the web role reads are in the database what the rooms say they are."""

import gc
from collections import defaultdict
from typing import Any

import asyncpg
import pytest

from builders.events import NOON
from harness.apps import SERVICES
from mandegar.database import ShopRead

_FUNCTIONS = """
    SELECT proname, prosrc, provolatile, prosecdef, proparallel, proconfig, proowner::regrole::text AS owner,
           pg_get_function_arguments(oid) AS arguments, pg_get_function_result(oid) AS result,
           has_function_privilege($1, oid, 'EXECUTE') AS by_web, has_function_privilege($2, oid, 'EXECUTE') AS by_worker
    FROM pg_proc WHERE pronamespace = 'public'::regnamespace AND proargnames[1] = 'of_shop' ORDER BY 1
"""
# Functions that processes of the release before go on calling until they are gone; a later migration drops them.
_OF_THE_RELEASE_BEFORE = {
    "churn": {
        *("read_cards_unless_erased", "read_customers_unless_erased", "read_whole_customers_unless_erased"),
        *("read_scored_cards", "read_scored_customers", "read_whole_scored_customers"),
        *("read_heard_cards", "read_whole_cards"),
    },
    "loyalty": {"read_balance", "read_club", "read_club_in_units"},
    "notify": {"read_messages_unless_erased"},
}
_OFFICIAL = {"timestamptz": "timestamp with time zone", "int": "integer", "timestamptz[]": "timestamp with time zone[]"}


def reads_of_rooms() -> dict[str, dict[str, ShopRead]]:
    """Every ``ShopRead`` that a room of a service holds, by service and name. The harness has imported all rooms."""
    found: dict[str, dict[str, ShopRead]] = defaultdict(dict)
    for module in [each for each in gc.get_objects() if isinstance(each, type(gc))]:
        service, _, room = module.__name__.partition(".")
        if service in SERVICES and room:
            found[service] |= {each.name: each for each in vars(module).values() if isinstance(each, ShopRead)}
    return found


def typed(columns: Any) -> str:
    return ", ".join(f"{name} {_OFFICIAL.get(type_, type_)}" for name, type_ in columns.items())


@pytest.mark.integration
@pytest.mark.parametrize("service", SERVICES)
async def test_a_read_of_the_web_role_is_in_the_database_what_its_room_says(make_database, service):
    owner = await asyncpg.connect((await make_database(service)).owner_url)
    rows = await owner.fetch(_FUNCTIONS, f"{service}_web", f"{service}_worker")
    await owner.close()

    stored = {row["proname"]: dict(row) for row in rows}
    before = {name: stored.pop(name) for name in _OF_THE_RELEASE_BEFORE.get(service, ())}
    assert all(row["by_web"] and not row["by_worker"] and not row["prosecdef"] for row in before.values())
    assert stored == {
        name: {
            "proname": name,
            "prosrc": read.body,
            "provolatile": b"s",
            "prosecdef": False,  # as its caller, whom row-level security holds to the shop
            "proparallel": b"u",
            "proconfig": ["plan_cache_mode=force_generic_plan"],
            "owner": f"{service}_owner",
            "arguments": typed({"of_shop": "text", **read.arguments}),
            "result": f"TABLE({typed(read.returns)})",
            "by_web": True,
            "by_worker": False,
        }
        for name, read in reads_of_rooms()[service].items()
    }, "write the query of the room into a new migration, with create_shop_read and a new name"


_ARGUMENTS = {
    "text": "c7", "text[]": ["c7"], "uuid": None, "bigint": 10, "boolean": True, "timestamptz": NOON,
    "integer": 10, "smallint[]": [1, 2],
}  # fmt: skip
_CUSTOMERS = """
    INSERT INTO customers (shop, customer_id, partition)
    SELECT 's', 'c' || number, 0 FROM generate_series(1, 2000) number
"""
_WORDS = """
    INSERT INTO address_consents (shop, channel, address_id, status, at, method)
    SELECT 's', 'email', 'c' || number, 'granted', now(), 'page' FROM generate_series(1, 2000) number
"""
_ROWS_READ = "SELECT sum(seq_tup_read + coalesce(idx_tup_fetch, 0)) FROM pg_stat_xact_user_tables"


@pytest.mark.integration
@pytest.mark.parametrize("service", SERVICES)
async def test_a_read_finds_its_rows_by_key_while_the_planner_takes_the_tables_for_small(make_database, service):
    """A connection keeps the plan of its first read, which may come before the first ANALYZE."""
    database = await make_database(service)
    read = {}
    for name, each in reads_of_rooms()[service].items():
        if not read:
            await database.worker.execute(_CUSTOMERS)
            if service == "notify":
                await database.worker.execute(_WORDS)
        async with database.web.acquire() as connection, connection.transaction():
            await connection.fetch(each.call, "s", *(_ARGUMENTS[type_] for type_ in each.arguments.values()))
            read[name] = await connection.fetchval(_ROWS_READ)

    assert {name: rows for name, rows in read.items() if rows > 20} == {}
