"""Storing a programme, and reading the version in force."""

import pytest

from builders.orders import paid, refund
from loyalty.programme.document import PROGRAMMES
from loyalty.programme.rows import due_no_later_than, load_rules
from mandegar.database import transaction
from mandegar.documents.recompute import recompute_some
from mandegar.telemetry import metrics

PROGRAMME = """\
version: 1
currency: IRR
earn: {points: 2, per: 100000}
tiers:
  window_days: 30
  levels:
    - {name: member, spend: 0}
"""


async def test_a_new_programme_rules_orders_paid_from_then_on(loyalty):
    await loyalty.deliver(paid("o"))
    await loyalty.pass_time(minutes=1)
    answer = await loyalty.put_programme(PROGRAMME)
    await loyalty.deliver(paid("p", days=1), refund("o", 5_000_000, days=0.5))
    await loyalty.pass_time(days=1)

    assert (answer.status_code, answer.json()["version"]) == (201, 1)
    balance = await loyalty.balance()
    assert (balance["available"], balance["pending"], balance["tier"]) == (200, 50, "member")


async def test_the_same_programme_again_is_no_new_version(loyalty):
    await loyalty.put_programme(PROGRAMME)
    again = await loyalty.put_programme(PROGRAMME)

    assert (again.status_code, again.json()["version"]) == (200, 1)


async def test_a_wrong_programme_is_refused_with_its_errors_by_line(loyalty):
    answer = await loyalty.put_programme(PROGRAMME.replace("per: 100000", "per: -1").replace("spend: 0", "spent: 0"))

    assert (answer.status_code, answer.json()["code"]) == (422, "invalid_programme")
    assert [(error["line"], error["message"].split(":")[0]) for error in answer.json()["errors"]] == [
        (3, "earn.per"),
        (7, "tiers.levels.0.spent"),
        (7, "tiers.levels.0"),
    ]


async def test_a_programme_may_begin_in_the_past_only_while_nobody_has_earned_under_the_one_of_then(loyalty):
    early = await loyalty.put_programme(PROGRAMME, effective_from="2020-01-01T00:00:00Z")
    await loyalty.deliver(paid("o", days=-30))
    before = await loyalty.put_programme(PROGRAMME + "\n", effective_from="2026-01-01T00:00:00Z")
    after = await loyalty.put_programme(PROGRAMME + "\n", effective_from="2026-11-01T00:00:00Z")
    unused = await loyalty.put_programme(PROGRAMME + "\n", effective_from="2019-01-01T00:00:00Z")
    again = await loyalty.put_programme(PROGRAMME, effective_from="2020-01-01T00:00:00Z")
    await loyalty.deliver(paid("p", days=-20))

    assert (early.status_code, again.status_code, again.json()["version"]) == (201, 200, 1)
    assert (before.status_code, before.json()["code"]) == (422, "too_late")
    assert (after.status_code, unused.status_code) == (201, 201)
    assert (await loyalty.balance())["available"] == 400
    assert (await loyalty.put_programme("#\n" + PROGRAMME, effective_from="2026-11-01T12:00:00Z")).status_code == 422


async def test_a_fix_for_december_is_stored_although_january_is_planned(loyalty):
    january = await loyalty.put_programme(
        PROGRAMME.replace("points: 2", "points: 9"), effective_from="2027-01-01T00:00Z"
    )
    now = await loyalty.put_programme(PROGRAMME)
    december = await loyalty.put_programme(
        PROGRAMME.replace("points: 2", "points: 3"), effective_from="2026-12-01T00:00Z"
    )
    same = await loyalty.put_programme(PROGRAMME + "\n", effective_from="2026-12-01T00:00:00Z")
    shown = (await loyalty.get("/v1/programme", scope="programme:write")).json()
    await loyalty.pass_time(days=50)
    for order_id, days in (("n", 1), ("d", 20), ("j", 45)):
        await loyalty.deliver(paid(order_id, 100_000, days=days))

    assert [answer.status_code for answer in (january, now, december, same)] == [201, 201, 201, 422]
    assert same.json()["code"] == "same_instant"
    assert (shown["in_force"]["version"], [one["version"] for one in shown["coming"]]) == (2, [3, 1])
    assert (await loyalty.balance())["lifetime"] == 2 + 3 + 9
    assert await loyalty.invariant_violations() == []


@pytest.mark.parametrize("instant", ["0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-14:00", "2027-01-01T00:00:00"])
async def test_an_instant_that_no_row_can_hold_is_refused(loyalty, instant):
    answer = await loyalty.put_programme(PROGRAMME, effective_from=instant)

    assert (answer.status_code, answer.json()["code"]) == (422, "invalid")
    assert (await loyalty.get("/v1/programme", scope="programme:write")).json()["coming"] == []


async def test_instants_are_answered_in_utc_whatever_zone_they_were_asked_in(loyalty):
    stored = await loyalty.put_programme(PROGRAMME, effective_from="2027-01-01T00:00:00+03:30")

    assert stored.json()["effective_from"] == "2026-12-31T20:30:00Z"


async def test_the_built_in_programme_is_shown_until_there_is_another(loyalty):
    built_in = (await loyalty.get("/v1/programme", scope="programme:write")).json()
    await loyalty.put_programme(PROGRAMME, effective_from="2026-12-01T00:00:00Z")
    coming = (await loyalty.get("/v1/programme", scope="programme:write")).json()

    assert (built_in["in_force"]["version"], built_in["coming"]) == (0, [])
    assert coming["in_force"] == built_in["in_force"]
    assert [programme["version"] for programme in coming["coming"]] == [1]


@pytest.mark.parametrize(
    ("text", "code", "status"),
    [("\0", "invalid_programme", 422), ("x" * 300_000, "too_large", 413), ("- a", "invalid_programme", 422)],
)
async def test_what_is_no_programme_at_all_is_refused(loyalty, text, code, status):
    answer = await loyalty.put_programme(text)

    assert (answer.status_code, answer.json()["code"]) == (status, code)


async def test_a_programme_needs_its_scope_and_an_announced_shop(loyalty):
    forbidden = await loyalty.get("/v1/programme", scope="customers:read")
    unknown = await loyalty.put_programme(PROGRAMME, shop="stranger")

    assert (forbidden.status_code, unknown.status_code) == (403, 404)


@pytest.mark.parametrize("at", ["9999-12-31T23:59:59-12:00", "0001-01-01T00:00:00+14:00"])
async def test_no_instant_of_a_version_stops_the_service(loyalty, at):
    """A shop without orders may begin in the past; its versions are read by a task that serves every shop."""
    answer = await loyalty.put_programme(PROGRAMME, effective_from=at)

    assert answer.status_code == 422
    assert (await loyalty.get("/v1/programme", scope="programme:write")).status_code == 200
    assert await recompute_some(loyalty.context, PROGRAMMES, due_no_later_than) is False


@pytest.mark.parametrize("name", ['"a\\0"', '"\\uD800"', '"\\e"'])
async def test_the_name_of_a_tier_can_be_stored(loyalty, name):
    answer = await loyalty.put_programme(PROGRAMME.replace("name: member", f"name: {name}"))

    assert answer.json()["errors"] == [{"line": 7, "message": "control characters are not allowed"}]


async def withdraw(loyalty, version):
    return await loyalty.ask("DELETE", f"/v1/programme/versions/{version}", "programme:write")


async def test_a_mistyped_version_is_withdrawn_and_never_rules(loyalty):
    mistyped = await loyalty.put_programme(PROGRAMME, effective_from="2026-12-22T08:30:00Z")
    refused = await loyalty.put_programme(
        PROGRAMME.replace("points: 2", "points: 3"), effective_from="2026-12-22T08:30:00Z"
    )
    answers = [await withdraw(loyalty, 1), await withdraw(loyalty, 1)]
    fixed = await loyalty.put_programme(PROGRAMME.replace("points: 2", "points: 3"))
    changes = [event for event in await loyalty.news() if event.type == "programme.changed"]
    await loyalty.pass_time(days=60)
    await loyalty.deliver(paid("o", days=59))

    assert (mistyped.status_code, refused.json()["code"]) == (201, "same_instant")
    assert [answer.status_code for answer in answers] == [204, 204]
    assert (fixed.status_code, fixed.json()["version"]) == (201, 2)
    assert (await loyalty.balance())["lifetime"] == 300
    assert [(event.data.version, event.data.withdrawn) for event in changes] == [(1, False), (1, True), (2, False)]
    assert len({event.id for event in changes}) == 3


async def test_a_version_that_somebody_has_earned_under_or_is_none_is_not_withdrawn(loyalty):
    await loyalty.put_programme(PROGRAMME)
    await loyalty.deliver(paid("o"))

    assert [(await withdraw(loyalty, version)).status_code for version in (1, 2, 0)] == [409, 404, 422]


async def test_a_programme_begins_within_two_years(loyalty):
    answer = await loyalty.put_programme(PROGRAMME, effective_from="9999-12-31T23:59:59Z")

    assert (answer.status_code, answer.json()["code"]) == (422, "too_far")


@pytest.mark.parametrize("name", ['"a\\0b"', '"a\\ud83d"', '"a\\x07"'])
async def test_a_programme_with_a_name_that_cannot_be_stored_is_refused(loyalty, name):
    answer = await loyalty.put_programme(PROGRAMME.replace("member", name))

    assert (answer.status_code, answer.json()["errors"][0]["line"]) == (422, 7)


@pytest.mark.parametrize("number", ["1e-999999999", "1e-1000027", "1e15, per: 0.000001", "1_0", "۲", "NaN", "9" * 5000])
async def test_a_programme_with_a_hostile_number_is_refused_with_its_line(loyalty, number):
    answer = await loyalty.put_programme(PROGRAMME.replace("points: 2, per: 100000", f"points: {number}, per: 1"))

    assert answer.status_code == 422
    assert answer.json()["errors"][0]["line"] == 3


@pytest.mark.parametrize("document", ["name: broken", PROGRAMME.replace("points: 2", "points: 1e-1000027"), "a: \t["])
async def test_a_stored_programme_that_cannot_be_read_makes_no_dead_letters(loyalty, document):
    await loyalty.put_programme(PROGRAMME)
    await loyalty.pass_time(minutes=1)
    await loyalty.database.worker.execute(
        "INSERT INTO programmes (shop, version, effective_from, document, created_at) VALUES ('s', 2, $1, $2, $1)",
        loyalty.clock.now(),
        document,
    )
    before = metrics.DOCUMENTS_UNREADABLE.labels("programme")._value.get()
    await loyalty.pass_time(minutes=1)
    await loyalty.deliver(paid("o"), paid("p", days=1))
    await loyalty.pass_time(days=2)

    assert (await loyalty.balance())["lifetime"] == 400
    assert await loyalty.database.worker.fetchval("SELECT count(*) FROM dead_letters") == 0
    assert metrics.DOCUMENTS_UNREADABLE.labels("programme")._value.get() == before + 1


async def test_a_batch_reads_each_document_once_however_many_versions_there_are(loyalty):
    await loyalty.database.worker.execute(
        """
        INSERT INTO programmes (shop, version, effective_from, document, created_at, recomputed_at)
        SELECT 's', n, $1::timestamptz - interval '1 day' * (100 - n), $2, $1, $1 FROM generate_series(1, 30) n
        """,
        loyalty.clock.now(),
        PROGRAMME,
    )
    await loyalty.deliver(paid("o"))
    async with transaction(loyalty.database.worker) as connection:
        rules = [(await load_rules(connection, ["s"]))["s"].programmes for _ in range(2)]

    assert len(rules[0]) == 31
    assert all(one is other for one, other in zip(*rules, strict=True))
