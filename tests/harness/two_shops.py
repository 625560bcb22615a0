"""A service that knows customers of two shops, and every operation of it: for tests of who is told what."""

import re
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from builders.bands import crossed
from builders.bodies import order_body
from builders.customers import contact
from builders.opening import opened as points_opened
from builders.orders import paid
from harness import importing
from harness.churn_service import churn_service
from harness.databases import ServiceDatabase
from harness.in_process import InProcess
from harness.ingest_service import ingest_service
from harness.loyalty_acts import of_a_referral
from harness.loyalty_service import loyalty_service
from harness.notify_service import notify_service
from harness.operations import Operation, operations
from harness.reconciling import begin, csv_of, line_of, send
from harness.segmenting import brought_over, put
from loyalty.programme.document import default_document

# The customer whom only the first shop has. Nothing that another shop is told may contain the name.
VICTIM = "c-of-the-first-shop"
EVIL = "evil"
OPENED = {
    "churn": churn_service, "ingest": ingest_service, "loyalty": loyalty_service, "notify": notify_service,
}  # fmt: skip


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
    (group,) = (await service.ask("GET", "/v1/quarantine/groups")).json()["groups"]
    repair = await service.ask("POST", f"/v1/quarantine/groups/{group['group_id']}/repair", json={"steps": []})
    file = csv_of(line_of(1, customer=VICTIM))
    reconciliation = await begin(service, file)
    await send(service, reconciliation, file)
    begun = await importing.begin(service, "orders", f"{importing.ORDERS}\n", name=f"{VICTIM}.csv")
    return {
        "reconciliation_id": reconciliation.rpartition("/")[2],
        "import_id": begun.json()["import_id"],
        "source_id": source["source_id"], "quarantine_id": entry["id"], "prefix": source["prefix"],
        "group_id": group["group_id"], "repair_id": repair.json()["repair_id"],
    }  # fmt: skip


async def plant_loyalty(service: InProcess) -> dict[str, str]:
    """The first shop's customer has a reservation and an adjustment, and the shop compares two programmes."""
    await service.deliver(points_opened("lot", 100, customer=VICTIM, shop="s"))
    path, key = f"/v1/customers/{VICTIM}", {"Idempotency-Key": VICTIM}
    reserved = await service.ask("POST", f"{path}/redemptions", "points:spend", json={"points": 5}, headers=key)
    wanted = {"points": 10, "reason": "goodwill", "note": VICTIM}
    adjusted = await service.ask(
        "POST", f"{path}/adjustments", "points:adjust", subject="staff", json=wanted, headers=key
    )
    approve = await of_a_referral("approve")(service)
    document = {"document": default_document("IRR")}
    replay = await service.ask("POST", "/v1/programme/replays", "programme:write", json=document)
    return {
        "redemption_id": reserved.json()["redemption_id"], "adjustment_id": adjusted.json()["adjustment_id"],
        "referral_id": approve.target.partition("/")[2], "replay_id": replay.json()["id"],
        "code": "ABCDEFGHJKMN", "reward": "cinema", "draw": "autumn",
    }  # fmt: skip


async def plant_churn(service: Any) -> dict[str, str]:
    """The first shop has a segment, in which its customer is, and a backtest."""
    await put(service, "winback", "{orders: {at_least: 1}}")
    await brought_over(service)
    backtest = await service.ask("POST", "/v1/backtests", "journeys:write", json={})
    return {"backtest_id": backtest.json()["id"]}


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
        if name == "churn":
            values = await plant_churn(service)
        if name == "loyalty":
            values = await plant_loyalty(service)
        values |= {
            "customer_id": VICTIM, "shop": shop, "letter_id": await plant_dead_letter(service, shop),
            "erasure_id": str(UUID(int=7)), "group": name, "name": "winback", "version": "1", "token": "no-such-link",
        }  # fmt: skip
        yield Asked(service, shop, values, keys)
