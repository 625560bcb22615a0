"""The audit of every service: one line for each act, in its transaction, which nobody can change or remove."""

import json
from datetime import timedelta
from typing import Any

import asyncpg
import pytest

from harness.acts import ACTS, prepared
from harness.in_process import InProcess
from mandegar.tokens import EVERY_SHOP
from mandegar.web import refused_acts

SERVICES = tuple(ACTS)
EVERY_ACT = [(service, action) for service, acts in ACTS.items() for action in acts]
# Rows of an import are accepted as at a door, where the history tells of them: a part that was not counted is sent
# again, and changes nothing twice. The count of the part commits with the line.
AS_AT_A_DOOR = {
    "import.rows": {"events", "outbox", "customers"},
    # An attempt counts, whatever becomes of it.
    "coupon.redeem": {"coupon_guesses"},
    "till.code": {"phone_guesses"},
    "till.redeem": {"phone_guesses"},
}
each_act = pytest.mark.parametrize(("service_name", "action"), EVERY_ACT, ids=[f"{s}-{a}" for s, a in EVERY_ACT])


async def newest(service: InProcess) -> int:
    """The number of the last line."""
    return await service.database.worker.fetchval("SELECT coalesce(max(id), 0) FROM audit")


async def lines(service: InProcess, after: int = 0) -> list[dict[str, Any]]:
    rows = await service.database.worker.fetch("SELECT * FROM audit WHERE id > $1 ORDER BY id", after)
    return [dict(row) for row in rows]


async def contents(service: InProcess) -> dict[str, str]:
    """A digest of all rows of each table."""
    worker = service.database.worker
    tables = await worker.fetch(
        "SELECT oid::regclass::text FROM pg_class WHERE relnamespace = 'public'::regnamespace"
        " AND relkind IN ('r', 'p') AND has_table_privilege(oid, 'SELECT')"
    )
    digest = "SELECT md5(coalesce(string_agg(t::text, '|' ORDER BY t::text), ''))"
    return {name: await worker.fetchval(f"{digest} FROM {name} t") for (name,) in tables}


@each_act
async def test_an_act_leaves_one_line_that_tells_who_did_what(make_database, service_name, action):
    async with prepared(await make_database(service_name), action) as (service, request):
        before = await newest(service)
        answer = await request.send(service)
        assert answer.status_code < 300, answer.text

        (line,) = await lines(service, before)
        assert (line["action"], line["result"], line["times"]) == (action, "done", 1)
        assert line["target"].startswith(request.target)
        subject = request.body.get("subject")
        assert (line["shop"], line["key_id"], line["subject"]) == (request.about or request.shop, "tests", subject)
        address = "127.0.0.1" if subject is None else None
        assert (line["address"], line["request_id"]) == (address, answer.headers["x-request-id"])


@each_act
async def test_an_act_whose_line_cannot_be_written_has_no_effect(make_database, service_name, action):
    async with prepared(await make_database(service_name), action) as (service, request):
        owner = await asyncpg.connect(service.database.owner_url)
        await owner.execute(f"REVOKE INSERT ON audit FROM {service_name}_web, {service_name}_worker")
        await owner.execute(
            "REVOKE INSERT (shop, key_id, subject, action, target, address, request_id, result, times) ON audit"
            f" FROM {service_name}_web, {service_name}_worker"
        )
        await owner.close()
        before = await contents(service)
        answer = await request.send(service)

        assert answer.status_code == 500
        after, accepted = await contents(service), AS_AT_A_DOOR.get(action, set())
        assert {name: rows for name, rows in after.items() if name not in accepted} == {
            name: rows for name, rows in before.items() if name not in accepted
        }


@each_act
async def test_a_refused_act_leaves_one_line_with_the_code(make_database, service_name, action):
    async with prepared(await make_database(service_name), action) as (service, request):
        before, rows = await newest(service), await contents(service)
        answer = await request.send(service, scope="audit:read")
        stranger = await service.client.request(request.method, request.path)

        assert (answer.status_code, stranger.status_code) == (403, 401)
        (line,) = await lines(service, before)
        assert (line["action"], line["result"], line["key_id"]) == (action, "forbidden", "tests")
        # What would have been made has no id yet.
        assert request.target.rstrip("/").startswith(line["target"].removesuffix("/keys"))
        assert {**await contents(service), "audit": ""} == {**rows, "audit": ""}


@each_act
async def test_an_unfit_request_leaves_the_code_of_its_answer_and_nothing_of_its_body(
    make_database, service_name, action
):
    async with prepared(await make_database(service_name), action) as (service, request):
        before = await newest(service)
        answers = [
            await service.ask(request.method, path, request.scope, shop=request.shop, content=b'{"secret": "canary"}')
            for path in (f"{request.path}/../%00%0a{'x' * 2_000}", request.path.replace("/v1/", "/v1/canary/"))
        ]
        answers.append(await request.send(service, json=None, content=b'{"secret": "canary", "version": 1e99}'))

        codes = [answer.json()["code"] for answer in answers if answer.status_code in {404, 409, 413, 415, 422}]
        refused = [line for line in await lines(service, before) if line["result"] != "done"]
        assert {line["result"] for line in refused} <= set(codes)
        assert "canary" not in str(refused)


@pytest.mark.parametrize("service_name", SERVICES)
async def test_no_serving_role_changes_or_removes_a_line(make_database, service_name):
    database = await make_database(service_name)
    await database.worker.execute(
        "INSERT INTO audit (shop, key_id, action, target, result) VALUES ('demo', 'k', 'a.b', 't', 'done')"
    )
    for url in (database.web_url, database.worker_url):
        role = await asyncpg.connect(url)
        await role.execute("SELECT set_config('app.shop', 'demo', false)")
        for statement in (
            "UPDATE audit SET result = 'x'",
            "DELETE FROM audit",
            "TRUNCATE audit",
            "DROP TABLE audit",
            "ALTER TABLE audit DISABLE ROW LEVEL SECURITY",
            "SELECT * FROM audit FOR UPDATE",
            "SELECT keep_partitions('audit', '1 day', '0 days', 0, now() + interval '9 years')",
            "INSERT INTO audit (at, shop, key_id, action, target, result)"
            " VALUES ('2020-01-01', 'demo', '', '', '', '')",
            "INSERT INTO audit (id, shop, key_id, action, target, result) OVERRIDING SYSTEM VALUE"
            " VALUES (1, 'demo', '', '', '', '')",
        ):
            with pytest.raises(asyncpg.PostgresError):
                await role.execute(statement)
        await role.close()

    assert await database.worker.fetchval("SELECT count(*) FROM audit") == 1


@pytest.mark.parametrize("service_name", SERVICES)
async def test_a_web_role_writes_and_reads_lines_of_its_shop_alone(make_database, service_name):
    database = await make_database(service_name)
    insert = "INSERT INTO audit (shop, key_id, action, target, result) VALUES ($1, 'k', 'a.b', 't', 'done')"
    for shop in ("demo", "evil"):
        await database.worker.execute(insert, shop)
    web = await asyncpg.connect(database.web_url)
    await web.execute("SELECT set_config('app.shop', 'evil', false)")

    assert [row["shop"] for row in await web.fetch("SELECT shop FROM audit")] == ["evil"]
    with pytest.raises(asyncpg.InsufficientPrivilegeError):
        await web.execute(insert, "demo")
    await web.close()


async def test_lines_expire_after_400_days_and_not_before(make_database):
    database = await make_database("churn")
    for days in (399, 401, 500):
        await database.worker.execute(
            "INSERT INTO audit (shop, key_id, action, target, result) VALUES ('demo', 'k', 'a.b', $1, 'done')",
            str(days),
        )
    owner = await asyncpg.connect(database.owner_url)
    await owner.execute("ALTER TABLE audit NO FORCE ROW LEVEL SECURITY")
    await owner.execute("UPDATE audit SET at = now() - target::int * interval '1 day'")
    await owner.execute("ALTER TABLE audit FORCE ROW LEVEL SECURITY")
    await owner.close()

    assert await database.worker.fetchval("SELECT expire_audit()") == 2
    assert await database.worker.fetchval("SELECT expire_audit()") == 0
    assert [row["target"] for row in await database.worker.fetch("SELECT target FROM audit")] == ["399"]


async def test_a_shop_lists_and_exports_its_own_lines_and_an_operator_all(make_database):
    async with prepared(await make_database("loyalty"), "programme.put") as (service, request):
        for number in range(5):
            request.body["content"] += f"# {number}\n"
            assert (await request.send(service)).status_code == 201
            service.clock.advance(timedelta(minutes=1))
        await service.ask("PUT", "/v1/programme", "ops", shop="evil")
        seen, query = [], {"limit": 2}
        while True:
            page = (await service.get("/v1/audit", scope="audit:read", **query)).json()
            seen += page["audit"]
            if page["next_before"] is None:
                break
            query["before"] = page["next_before"]
        assert [line["action"] for line in seen] == ["programme.put"] * 5
        assert [line["id"] for line in seen] == sorted((line["id"] for line in seen), reverse=True)
        evil = (await service.get("/v1/audit", scope="audit:read", shop="evil")).json()["audit"]
        assert [(line["shop"], line["result"]) for line in evil] == [("evil", "forbidden")]
        every = (await service.get("/v1/audit", scope="audit:read", shop=EVERY_SHOP)).json()["audit"]
        assert {line["shop"] for line in every} == {"s", "evil"}

        period = {"from": "2026-01-01T00:00:00Z", "to": "2999-01-01T00:00:00Z"}
        export = await service.get("/v1/audit/export", scope="audit:read", **period)
        assert export.headers["content-type"].startswith("application/x-ndjson")
        assert [json.loads(line)["id"] for line in export.text.splitlines()] == [line["id"] for line in reversed(seen)]
        for wrong in ({"from": "x", "to": "y"}, {**period, "from": "0001-01-01T00:00:00+14:00"}, {}):
            assert (await service.get("/v1/audit/export", scope="audit:read", **wrong)).status_code == 422
        for before in ("x", "~", f"{period['from']}~-1", f"{period['from']}~{2**64}", f"{period['from']}~1e9"):
            assert (await service.get("/v1/audit", scope="audit:read", before=before)).status_code == 422
        assert (await service.get("/v1/audit", scope="ops")).status_code == 403
        assert (await service.ask("GET", "/v1/audit", "audit:read", subject="c")).status_code == 403


async def test_an_export_goes_over_its_pages(make_database, monkeypatch):
    monkeypatch.setattr("mandegar.web.audit.EXPORT_PAGE", 7)
    async with prepared(await make_database("churn"), "brake.release") as (service, _):
        await service.database.worker.execute(
            "INSERT INTO audit (shop, key_id, action, target, result)"
            " SELECT 's', 'k', 'a.b', n::text, 'done' FROM generate_series(1, 30) n"
        )
        period = {"from": "2026-01-01T00:00:00Z", "to": "2999-01-01T00:00:00Z"}
        export = await service.get("/v1/audit/export", scope="audit:read", **period)

    assert [json.loads(line)["target"] for line in export.text.splitlines()] == [str(n) for n in range(1, 31)]


async def test_a_flood_of_refusals_fills_a_few_lines_and_is_counted(make_database, monkeypatch):
    async with prepared(await make_database("loyalty"), "programme.put") as (service, request):
        for _ in range(60):
            assert (await request.send(service, scope="ops")).status_code == 403
        assert len(await lines(service)) == refused_acts.LINES_PER_WINDOW
        await service.ask("PUT", "/v1/programme", "ops", shop="other")  # has lines of its own
        monkeypatch.setattr(refused_acts, "WINDOW_SECONDS", -1.0)
        await request.send(service, scope="ops")

    written = await lines(service)
    (summary,) = [line for line in written if line["times"] > 1]
    assert (summary["action"], summary["result"], summary["shop"], summary["times"]) == (
        "refused_attempts", "limited", "s", 60 - refused_acts.LINES_PER_WINDOW,
    )  # fmt: skip
    assert sum(line["times"] for line in written) == 62


async def test_the_audit_names_no_address_of_a_customer(make_database):
    """Neither a mail address or phone number in a path or token, nor the peer's address of a customer."""
    async with prepared(await make_database("notify"), "preferences.put") as (service, request):
        for customer in ("sara@example.test", "+989121234567", "0912 123 4567"):
            body = {"json": {"channels": {"sms": "withdrawn"}}}
            path = f"/v1/customers/{customer}/preferences"
            assert (await service.ask("PUT", path, "preferences:write", **body)).status_code == 404
            assert (await service.ask("PUT", path, "preferences:write", subject=customer, **body)).status_code == 404
            assert (await service.ask("PUT", "/v1/journeys/x", "journeys:write", subject=customer)).status_code == 403
        answer = await service.ask("PUT", request.path, "preferences:write", subject="c", **request.body)
        assert answer.status_code == 200
        written = await lines(service)

    assert len(written) == 10
    assert all((line["address"] is None) == (line["subject"] is not None) for line in written)
    for personal in ("sara", "example.test", "9121234567", "123 4567"):
        assert personal not in str(written)
    assert (written[-1]["subject"], written[-1]["target"]) == ("c", "customers/c")
