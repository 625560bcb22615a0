"""Each act that a route carries out: a request that succeeds, after whatever it needs was prepared."""

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import replace
from typing import Any

from builders.bodies import order_body
from builders.customers import contact
from harness import importing
from harness.act_request import Prepare, Request
from harness.churn_service import churn_service
from harness.databases import ServiceDatabase
from harness.in_process import SHOP, InProcess
from harness.ingest_service import SETTINGS, Ingest, ingest_service
from harness.ingest_service import SHOP as ATLAS
from harness.loyalty_acts import LOYALTY
from harness.loyalty_service import loyalty_service
from harness.notify_service import notify_service
from harness.reconciling import begin, compared, csv_of, line_of, send
from ingest.desk.limits.schemas import LimitChange
from ingest.erasure.finish import finish_some
from mandegar.events.topics import TOPICS
from mandegar.tokens import EVERY_SHOP
from notify.journeys.built_in import built_in_versions


async def put_shop(_: Ingest) -> Request:
    settings = {**SETTINGS, "name": "Another name"}
    return Request("PUT", f"/v1/shops/{ATLAS}", "ops", f"shops/{ATLAS}", ATLAS, {"json": settings})


async def put_limits(_: Ingest) -> Request:
    limits = {"json": {**dict.fromkeys(LimitChange.model_fields), "quarantine_days": 30}}
    return Request("PUT", f"/v1/shops/{ATLAS}/limits", "ops", f"shops/{ATLAS}", EVERY_SHOP, limits, about=ATLAS)


async def verify_sender(ingest: Ingest) -> Request:
    await ingest.database.worker.execute("UPDATE shops SET sender_verified = true")  # so that no DNS is asked
    return Request("POST", f"/v1/shops/{ATLAS}/sender/verify", "ops", f"shops/{ATLAS}", ATLAS)


async def make_source(_: Ingest) -> Request:
    return Request("POST", "/v1/sources", "sources:write", "sources/src-", ATLAS, {"json": {"name": "another"}})


def of_a_source(method: str, suffix: str = "", target: str = "", **body: Any) -> Prepare:
    async def prepare(ingest: Ingest) -> Request:
        made = await ingest.make_source(record_of_orders=False)
        place = f"sources/{made['source_id']}"
        path = (suffix + target).replace("PREFIX", made["prefix"])
        return Request(
            method, f"/v1/{place}{path}", "sources:write", place + target.replace("PREFIX", made["prefix"]), ATLAS, body
        )

    return prepare


async def make_key(ingest: Ingest) -> Request:
    made = await ingest.make_source(record_of_orders=False)
    place = f"sources/{made['source_id']}/keys"
    return Request("POST", f"/v1/{place}", "sources:write", f"{place}/", ATLAS)


async def make_secret(ingest: Ingest) -> Request:
    place = f"sources/{(await ingest.make_source(trust='browser'))['source_id']}"
    return Request("POST", f"/v1/{place}/visitor-secrets", "sources:write", place, ATLAS)


async def merge_customers(ingest: Ingest) -> Request:
    await ingest.send([order_body(id=f"by-{id_}", customer={"id": id_}) for id_ in ("c-1", "c-2")])
    return Request(
        "POST", "/v1/customers/c-1/merge", "customers:merge", "customers/c-1", ATLAS, {"json": {"alias": "c-2"}}
    )


async def split_customer(ingest: Ingest) -> Request:
    request = await merge_customers(ingest)
    await ingest.ask(request.method, request.path, request.scope, **request.body)
    return Request("POST", "/v1/customers/c-2/split", "customers:merge", "customers/c-2", ATLAS)


async def erase_customer(ingest: Ingest) -> Request:
    await ingest.send(order_body(customer={"id": "c-1"}))
    return Request("DELETE", "/v1/customers/c-1", "customers:erase", "customers/c-1", ATLAS)


async def readmit_customer(ingest: Ingest) -> Request:
    request = await erase_customer(ingest)
    await ingest.ask(request.method, request.path, request.scope)
    while await ingest.database.worker.fetchval("SELECT count(*) FROM unfinished_erasures"):
        await finish_some(ingest.context)
    return Request("POST", "/v1/customers/c-1/readmit", "customers:erase", "customers/c-1", ATLAS)


def of_the_quarantine(verb: str, **body: Any) -> Prepare:
    async def prepare(ingest: Ingest) -> Request:
        await ingest.send(order_body({"total": "-5"}))
        (entry,) = (await ingest.ask("GET", "/v1/quarantine")).json()["quarantine"]
        place = f"quarantine/{entry['id']}"
        return Request("POST", f"/v1/{place}/{verb}", "sources:write", place, ATLAS, body)

    return prepare


async def repair_group(ingest: Ingest) -> Request:
    await ingest.send(order_body({"total": "-5"}))
    (group,) = (await ingest.ask("GET", "/v1/quarantine/groups")).json()["groups"]
    place = f"quarantine/groups/{group['group_id']}"
    return Request("POST", f"/v1/{place}/repair", "sources:write", place, ATLAS, {"json": {"steps": []}})


async def stop_repair(ingest: Ingest) -> Request:
    request = await repair_group(ingest)
    begun = await ingest.ask(request.method, request.path, request.scope, **request.body)
    place = f"quarantine/repairs/{begun.json()['repair_id']}"
    return Request("POST", f"/v1/{place}/stop", "sources:write", place, ATLAS)


async def begin_reconciliation(_: Ingest) -> Request:
    wanted = {"name": "orders.csv", "fingerprint": "12345678"}
    return Request("POST", "/v1/reconciliations", "sources:write", "reconciliations/", ATLAS, {"json": wanted})


def of_a_reconciliation(method: str, suffix: str = "", *, is_compared: bool = False, **body: Any) -> Prepare:
    async def prepare(ingest: Ingest) -> Request:
        file = csv_of(line_of(1))
        path = await begin(ingest, file)
        await send(ingest, path, file)
        if is_compared:
            await compared(ingest, path)
        return Request(method, path + suffix, "sources:write", path.removeprefix("/v1/"), ATLAS, body)

    return prepare


async def start_import(_: Ingest) -> Request:
    wanted = {"kind": "orders", "name": "orders.csv", "fingerprint": "sha256:00", "header": importing.ORDERS.split(",")}
    return Request("POST", "/v1/imports", "sources:write", "imports/", ATLAS, {"json": wanted})


def of_an_import(verb: str, **body: Any) -> Prepare:
    async def prepare(ingest: Ingest) -> Request:
        import_id = (await importing.begin(ingest, "orders", importing.csv_of(importing.ORDERS))).json()["import_id"]
        place = f"imports/{import_id}"
        return Request("POST", f"/v1/{place}/{verb}", "sources:write", place, ATLAS, body)

    return prepare


async def put_journey(_: InProcess) -> Request:
    document = built_in_versions()["at_risk_offer"].document + "enabled: false\n"
    return Request(
        "PUT", "/v1/journeys/at_risk_offer", "journeys:write", "journeys/at_risk_offer", SHOP, {"content": document}
    )


async def withdraw_journey(notify: InProcess) -> Request:
    content = built_in_versions()["at_risk_offer"].document + "enabled: false\n"
    later = {"effective_from": "2027-01-01T00:00:00Z"}
    await notify.ask("PUT", "/v1/journeys/at_risk_offer", "journeys:write", content=content, params=later)
    target = "journeys/at_risk_offer/versions/1"
    return Request("DELETE", f"/v1/{target}", "journeys:write", target, SHOP, {})


async def put_segment(_: InProcess) -> Request:
    content = "version: 1\ncustomers: {orders: {at_least: 2}}\n"
    return Request("PUT", "/v1/segments/regulars", "journeys:write", "segments/regulars", SHOP, {"content": content})


async def remove_segment(churn: InProcess) -> Request:
    request = await put_segment(churn)
    await churn.ask("PUT", request.path, request.scope, **request.body)
    return replace(request, method="DELETE", body={})


async def put_horizon(_: InProcess) -> Request:
    return Request("PUT", "/v1/horizon", "journeys:write", "horizon", SHOP, {"json": {"weeks": 4}})


async def ask_for_a_backtest(_: InProcess) -> Request:
    return Request("POST", "/v1/backtests", "journeys:write", "backtests", SHOP, {"json": {}})


async def cancel_a_backtest(churn: InProcess) -> Request:
    asked = await (await ask_for_a_backtest(churn)).send(churn)
    target = f"backtests/{asked.json()['id']}"
    return Request("POST", f"/v1/{target}/cancel", "journeys:write", target, SHOP)


async def put_preferences(notify: InProcess) -> Request:
    await notify.deliver(contact())
    body = {"json": {"channels": {"sms": "withdrawn"}}}
    return Request("PUT", "/v1/customers/c/preferences", "preferences:write", "customers/c", SHOP, body)


def of_a_dead_letter(verb: str) -> Prepare:
    async def prepare(service: InProcess) -> Request:
        topic = next(topic.name for topic in TOPICS if topic.name.startswith(service.service.name))
        number = await service.database.worker.fetchval(
            """
            INSERT INTO dead_letters
                (consumer_group, topic, partition, record_offset, key, value, shop, code, detail, received_at)
            VALUES ('relay', $1, 3, 1, 's', 'x', $2, 'unknown_topic', 'for this test', now()) RETURNING id
            """,
            topic,
            SHOP,
        )
        return Request("POST", f"/v1/deadletters/{number}/{verb}", "ops", f"deadletters/{number}", SHOP)

    return prepare


async def release_brake(service: InProcess) -> Request:
    group = service.service.groups[0]
    await service.database.worker.execute(
        "INSERT INTO brakes (consumer_group, member, reason) VALUES ($1, 'a member', 'stopped')", group
    )
    return Request("POST", f"/v1/stream/{group}/release-brake", "ops", f"stream/{group}", EVERY_SHOP)


EVERYWHERE: Mapping[str, Prepare] = {
    "deadletter.release": of_a_dead_letter("release"),
    "deadletter.drop": of_a_dead_letter("drop"),
    "brake.release": release_brake,
}
ACTS: Mapping[str, Mapping[str, Prepare]] = {
    "ingest": {
        **EVERYWHERE,
        "shop.put": put_shop,
        "limits.put": put_limits,
        "sender.verify": verify_sender,
        "source.make": make_source,
        "source.change": of_a_source("PATCH", json={"unit": "IRT"}),
        "source.close": of_a_source("POST", "/close"),
        "secret.make": make_secret,
        "key.make": make_key,
        "key.revoke": of_a_source("DELETE", target="/keys/PREFIX"),
        "customer.merge": merge_customers,
        "customer.split": split_customer,
        "customer.erase": erase_customer,
        "customer.readmit": readmit_customer,
        "quarantine.release": of_the_quarantine("release", json=order_body({"total": "5"})),
        "quarantine.drop": of_the_quarantine("drop"),
        "quarantine.repair": repair_group,
        "repair.stop": stop_repair,
        "reconciliation.begin": begin_reconciliation,
        "reconciliation.rows": of_a_reconciliation(
            "POST", "/rows", content=csv_of(line_of(2)), headers={"Content-Type": "text/csv"}
        ),
        "reconciliation.compare": of_a_reconciliation("POST", "/compare"),
        "reconciliation.accept": of_a_reconciliation("POST", "/accept", is_compared=True, json={}),
        "reconciliation.delete": of_a_reconciliation("DELETE"),
        "import.start": start_import,
        "import.rows": of_an_import("rows", content=importing.csv_of(importing.ORDERS, *importing.order_rows([1]))),
        "import.finish": of_an_import("finish"),
        "import.stop": of_an_import("stop"),
    },
    "loyalty": {**EVERYWHERE, **LOYALTY},
    "churn": {
        **EVERYWHERE,
        "segment.put": put_segment,
        "segment.remove": remove_segment,
        "horizon.put": put_horizon,
        "backtest.ask": ask_for_a_backtest,
        "backtest.cancel": cancel_a_backtest,
    },
    "notify": {
        **EVERYWHERE,
        "journey.put": put_journey,
        "journey.withdraw": withdraw_journey,
        "preferences.put": put_preferences,
    },
}
_OPEN = {
    "ingest": ingest_service,
    "loyalty": loyalty_service,
    "churn": churn_service,
    "notify": notify_service,
}


@asynccontextmanager
async def prepared(database: ServiceDatabase, action: str) -> AsyncIterator[tuple[InProcess, Request]]:
    """The service of ``database``, with what the act needs, and its request."""
    opened: Any = _OPEN[database.service](database)
    async with opened as service:
        yield service, await ACTS[database.service][action](service)
