"""Every operation of every service for every kind of caller: the answers follow from what the operation declares.

New operations are covered without a change here; one with a new kind of parameter fails until `planted` knows it.
"""

import re
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass
from typing import Any

import pytest

from builders.bands import crossed
from builders.bodies import order_body
from builders.customers import contact
from builders.orders import paid
from harness.churn_service import churn_service
from harness.databases import ServiceDatabase
from harness.in_process import InProcess
from harness.ingest_service import ingest_service
from harness.loyalty_service import loyalty_service
from harness.notify_service import notify_service
from harness.operations import Operation, operations
from harness.signing import Signer
from harness.tokens import token
from mandegar.tokens import SCOPES

# The customer whom only the first shop has. Nothing that another shop is told may contain the name.
VICTIM = "c-of-the-first-shop"
EVIL = "evil"
OPENED = {
    "churn": churn_service, "ingest": ingest_service, "loyalty": loyalty_service, "notify": notify_service,
}  # fmt: skip
DENIED = {401, 403}


@dataclass
class Asked:
    """A service that knows a customer of the first shop and one of another shop, and what paths may name of them."""

    service: InProcess
    shop: str
    values: dict[str, str]
    keys: dict[str, str]

    async def operations(self) -> list[Operation]:
        document = (await self.service.client.get("/openapi.json")).json()
        return operations(self.service.service.name, document)

    async def ask(self, operation: Operation, bearer: str | None, **values: str) -> Any:
        path = re.sub(r"\{([^}]+)\}", lambda name: (self.values | values)[name[1]], operation.template)
        headers = {} if bearer is None else {"Authorization": f"Bearer {bearer}"}
        body = {} if operation.method == "GET" else {"json": {}}
        return await self.service.client.request(operation.method, path, headers=headers, **body)


async def plant_events(service: InProcess) -> None:
    """Both shops have a customer with an order, addresses and a crossed band, as far as the service reads these."""
    reads = {type_ for subscription in service.service.subscriptions.values() for type_ in subscription.types}
    for shop, customer in (("s", VICTIM), (EVIL, "c-of-evil")):
        for event in (paid(customer=customer, shop=shop), crossed(customer=customer, shop=shop)):
            if event.type in reads:
                await service.deliver(event)
        if "contact.updated" in reads:
            await service.deliver(contact(customer=customer, shop=shop))


async def plant_ingest(service: Any) -> dict[str, str]:
    """The first shop has a source, an accepted event and one in quarantine."""
    source = await service.make_source(name=VICTIM)
    sent = await service.results(
        [order_body(customer={"id": VICTIM}), order_body({"total": -1}, id="bad", customer={"id": VICTIM})]
    )
    assert [status for status, _ in sent] == ["accepted", "quarantined"]
    (entry,) = (await service.ask("GET", "/v1/quarantine")).json()["quarantine"]
    return {"source_id": source["source_id"], "quarantine_id": entry["id"], "prefix": source["prefix"]}


async def plant_dead_letter(service: InProcess, shop: str, *, offset: int = 0) -> str:
    query = """
        INSERT INTO dead_letters (consumer_group, topic, partition, record_offset, shop, code, detail, received_at)
        VALUES ('g', $1, 0, $3, $2, 'not_applicable', $1, now()) RETURNING id
        """
    return str(await service.database.worker.fetchval(query, VICTIM, shop, offset))


@asynccontextmanager
async def opened(name: str, database: ServiceDatabase) -> AsyncIterator[Asked]:
    """A service on a real database, with data of two shops."""
    open_service: Callable[[ServiceDatabase], AbstractAsyncContextManager[Any]] = OPENED[name]
    async with open_service(database) as service:
        values, keys = {}, {"a server's source key": "mk_server_key", "a browser's source key": "mk_browser_key"}
        shop = "s"
        if name == "ingest":
            shop, values = "atlas", await plant_ingest(service)
            keys["a server's source key"] = service.key
            keys["a browser's source key"] = (await service.make_source(trust="browser"))["key"]
        else:
            await plant_events(service)
        values |= {
            "customer_id": VICTIM, "shop": shop, "letter_id": await plant_dead_letter(service, shop),
            "group": name, "name": "winback", "version": "1", "token": "no-such-link",
        }  # fmt: skip
        yield Asked(service, shop, values, keys)


Refusals = list[tuple[str, str, int]]


async def refusals_of_strangers(asked: Asked, operation: Operation) -> Refusals:
    """Whoever has no token of the installation gets 401, also with a key that opens doors."""
    strangers: dict[str, str | None] = {
        "nobody": None,
        "an unreadable token": "a.b.c",
        "a stranger's signature": Signer("tests", "*").token(asked.shop, " ".join(SCOPES)),
        **asked.keys,
    }
    answers = [(who, (await asked.ask(operation, bearer)).status_code) for who, bearer in strangers.items()]
    return [(str(operation), who, status) for who, status in answers if status != 401]


async def refusals_of_tokens(asked: Asked, operation: Operation) -> Refusals:
    """A token without the scope gets 403, and so do a customer's, an operator's and a shop's where it may not be."""
    access = operation.access
    every = " ".join(SCOPES)
    right = access["scopes"][0]
    refused = {
        "a token without a scope": token(asked.shop, ""),
        "a token with every other scope": token(asked.shop, " ".join(set(SCOPES) - set(access["scopes"]))),
        "a customer with every scope but the right ones": token(
            asked.shop, " ".join(set(SCOPES) - set(access["customer_scopes"])), subject=VICTIM
        ),
    }
    if not access["customer_scopes"]:
        refused["a customer with every scope"] = token(asked.shop, every, subject=VICTIM)
    if access["shops"] == "every":
        refused["a shop's token with every scope"] = token(asked.shop, every)
    if access["shops"] == "one":
        refused["an operator with the scope"] = token("*", right)
    answers = [(who, (await asked.ask(operation, bearer)).status_code) for who, bearer in refused.items()]
    return [(str(operation), who, status) for who, status in answers if status != 403]


async def told_to_others(asked: Asked, operation: Operation) -> Refusals:
    """Another shop with every scope, and another customer, are told nothing of the first shop's customer."""
    access = operation.access
    others = {"another shop with every scope": token(EVIL, " ".join(SCOPES))}
    if access["customer_scopes"] and "{customer_id}" in operation.template:
        scopes = " ".join(SCOPES)
        others["another customer of the shop"] = token(asked.shop, scopes, subject="another")
        others["the same customer of another shop"] = token(EVIL, scopes, subject=VICTIM)
    wrong = []
    for who, bearer in others.items():
        answer = await asked.ask(operation, bearer)
        about_it = re.findall(r"\{(customer_id|source_id|quarantine_id|letter_id|shop)\}", operation.template)
        told = VICTIM in answer.text.replace(asked.values.get("source_id", VICTIM), "") or (
            bool(about_it) and answer.status_code not in {403, 404, 409, 422}
        )
        if told or answer.status_code >= 500:
            wrong.append((str(operation), who, answer.status_code))
    return wrong


async def refusals_of_the_entitled(asked: Asked, operation: Operation) -> Refusals:
    """A token with one of the scopes is let in, whatever becomes of the request then."""
    access = operation.access
    entitled = {}
    for scope in access["scopes"]:
        if access["shops"] != "every":
            entitled[f"the shop with {scope}"] = token(asked.shop, scope)
        if access["shops"] != "one":
            entitled[f"an operator with {scope}"] = token("*", scope)
    for scope in access["customer_scopes"]:
        entitled[f"the customer with {scope}"] = token(asked.shop, scope, subject=VICTIM)
    answers = [(who, (await asked.ask(operation, bearer)).status_code) for who, bearer in entitled.items()]
    return [(str(operation), who, status) for who, status in answers if status in DENIED or status >= 500]


CHECKS: tuple[Callable[[Asked, Operation], Awaitable[Refusals]], ...] = (
    # The entitled last, because they change what they are let at.
    refusals_of_strangers,
    refusals_of_tokens,
    told_to_others,
    refusals_of_the_entitled,
)


@pytest.mark.parametrize("name", OPENED)
async def test_each_caller_is_answered_as_the_operation_declares(make_database, name):
    async with opened(name, await make_database(name)) as asked:
        by_token = [operation for operation in await asked.operations() if operation.access["by"] == "token"]
        assert len(by_token) > 5
        for check in CHECKS:
            assert [wrong for operation in by_token for wrong in await check(asked, operation)] == []
        every = await asked.operations()
        free, links = ([each for each in every if each.access["by"] == by] for by in ("nothing", "link"))
        assert {(await asked.ask(each, None)).status_code for each in free} <= {200, 503}  # 503: not started
        assert {(await asked.ask(each, None)).status_code for each in links} <= {404}  # the link is made up


async def test_a_door_takes_keys_of_sources_alone(make_database):
    async with opened("ingest", await make_database("ingest")) as asked:
        doors = [operation for operation in await asked.operations() if operation.access["by"] == "source_key"]
        strangers = [None, "a.b.c", token(asked.shop, " ".join(SCOPES)), token("*", " ".join(SCOPES))]
        answers = {(str(door), (await asked.ask(door, who)).status_code) for door in doors for who in strangers}
        let_in = {(await asked.ask(door, key)).status_code for door in doors for key in asked.keys.values()}

    assert answers == {("ingest POST /v1/events", 401)}
    assert not let_in & DENIED


async def test_a_shops_operations_see_and_release_its_own_dead_letters_only(make_database):
    async with opened("loyalty", await make_database("loyalty")) as asked:
        own = await plant_dead_letter(asked.service, EVIL, offset=1)
        ask, letter = asked.service.ask, asked.values["letter_id"]
        listed = (await ask("GET", "/v1/deadletters", "ops", shop=EVIL)).json()["dead_letters"]
        foreign = await ask("POST", f"/v1/deadletters/{letter}/release", "ops", shop=EVIL)
        seen = (await ask("GET", "/v1/deadletters", "ops", shop="*")).json()["dead_letters"]

    assert [str(found["id"]) for found in listed] == [own]
    assert (foreign.status_code, foreign.json()["code"]) == (409, "not_released")
    assert {str(found["id"]) for found in seen} == {own, letter}
