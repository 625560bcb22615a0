"""A shop sends mail only from a domain that it has shown to be its own: by a record in DNS, of itself alone."""

from itertools import product

import pytest

from harness.dns_server import dns_server
from harness.ingest_service import SETTINGS, SHOP, ingest_service
from ingest.domain.senders import domain_set, name_servers, sender_record
from ingest.sources import sender_dns
from mandegar.shops import load_shops
from mandegar.tokens import EVERY_SHOP


@pytest.fixture
async def dns():
    async with dns_server() as server:
        yield server


@pytest.fixture
async def desk(make_database, dns):
    """Ingest that asks the test's DNS server; every shop may send from ``house.test``."""
    settings = {"dns_servers": f"127.0.0.1:{dns.port}", "verified_domains": "house.test, Straße.test"}
    async with ingest_service(await make_database("ingest"), **settings) as service:
        yield service


async def put(desk, sender_email, shop=SHOP, **changes):
    body = SETTINGS | {"sender_email": sender_email} | changes
    answer = await desk.ask("PUT", f"/v1/shops/{shop}", shop=shop, json=body)
    assert answer.status_code == 200, answer.text
    return answer.json()["sender_verified"]


async def verify(desk, shop=SHOP, scope="ops"):
    answer = await desk.ask("POST", f"/v1/shops/{shop}/sender/verify", scope, shop=shop)
    return answer.status_code, answer.json().get("code")


async def sender(desk, shop=SHOP):
    answer = await desk.ask("GET", f"/v1/shops/{shop}/sender", "sources:write", shop=shop)
    assert answer.status_code == 200, answer.text
    return answer.json()


async def add_record(desk, dns, shop=SHOP):
    record = (await sender(desk, shop))["record"]
    assert record["type"] == "TXT"
    dns.records.setdefault(record["name"], []).append(f'"{record["value"]}"')


async def test_a_sender_is_verified_by_its_record_and_told_to_every_partition(desk, dns):
    assert await put(desk, "hello@atlas.test") is False
    assert await verify(desk) == (409, "record_missing")
    await desk.news()
    dns.records["_mandegar.atlas.test"] = ['"v=spf1 -all"', '"mandegar-sender=somebody-elses"']
    assert await verify(desk) == (409, "record_missing")
    await add_record(desk, dns)

    assert await verify(desk) == (200, None)
    assert (await sender(desk))["verified"] is True
    told = await desk.news()
    assert len(told) == desk.context.settings.partitions
    assert {event.type for event in told} == {"shop.updated"}
    assert {(event.data.version, event.data.sender_verified) for event in told} == {(3, True)}
    assert all(event.data.customer_ids == "pseudonyms" for event in told)
    assert all(event.data.attributes == SETTINGS["attributes"] for event in told)
    assert await verify(desk) == (200, None)
    assert await desk.news() == []


async def test_a_record_in_several_strings_is_one_text(desk, dns):
    await put(desk, "hello@atlas.test")
    record = (await sender(desk))["record"]
    dns.records[record["name"]] = [f'"{record["value"][:20]}" "{record["value"][20:]}"']

    assert await verify(desk) == (200, None)


async def test_the_record_of_one_shop_verifies_no_other(desk, dns):
    await put(desk, "hello@atlas.test")
    await put(desk, "security@atlas.test", shop="evil")
    await add_record(desk, dns)

    assert await verify(desk) == (200, None)
    assert await verify(desk, "evil") == (409, "record_missing")
    await add_record(desk, dns, "evil")
    assert await verify(desk, "evil") == (200, None)


async def test_another_domain_must_be_verified_again_and_another_mailbox_not(desk, dns):
    await put(desk, "hello@atlas.test")
    await add_record(desk, dns)
    await verify(desk)

    assert await put(desk, "orders@ATLAS.test") is True
    assert await put(desk, "orders@atlas.test", name="Atlas & sons") is True
    assert await put(desk, "orders@mail.atlas.test") is False
    assert await put(desk, "orders@atlas.test") is False


async def test_domains_of_the_operator_count_as_verified(desk, dns):
    assert await put(desk, "a@house.test") is True
    assert await put(desk, "a@HOUSE.test") is True
    assert await put(desk, "a@straße.test") is True
    assert await put(desk, "a@house.test.evil.test") is False
    assert await put(desk, "a@sub.house.test") is False
    assert dns.asked == []


async def test_a_shop_whose_domain_the_operator_adds_later_is_verified_without_dns(make_database, dns):
    database = await make_database("ingest")
    async with ingest_service(database, dns_servers=f"127.0.0.1:{dns.port}") as before:
        assert await put(before, "a@late.test", shop="late") is False
    async with ingest_service(database, dns_servers=f"127.0.0.1:{dns.port}", verified_domains="late.test") as after:
        assert await verify(after, "late") == (200, None)
    assert dns.asked == []


@pytest.mark.parametrize("behaviour", ["silent", "garbage", "refuse"])
async def test_servers_that_do_not_answer_are_told_within_the_limit(desk, dns, behaviour, monkeypatch):
    monkeypatch.setattr(sender_dns, "LOOKUP_SECONDS", 0.3)
    await put(desk, "hello@atlas.test")
    dns.behaviour = behaviour

    assert await verify(desk) == (503, "dns_unavailable")
    assert (await sender(desk))["verified"] is False


async def test_a_shop_that_is_stored_from_before_goes_on_sending_until_its_domain_changes(desk):
    await put(desk, "a@old.test")
    # as the migration leaves it
    await desk.database.worker.execute("UPDATE shops SET sender_verified = DEFAULT")

    assert await put(desk, "b@old.test") is True
    assert await put(desk, "b@new.test") is False


async def test_a_sender_that_was_changed_during_the_look_up_is_not_verified(desk, dns, monkeypatch):
    await put(desk, "hello@atlas.test")
    await add_record(desk, dns)
    has = desk.context.dns.has

    async def changed_meanwhile(record):
        found = await has(record)
        await put(desk, "security@bank.test")
        return found

    monkeypatch.setattr(desk.context.dns, "has", changed_meanwhile)

    assert await verify(desk) == (409, "sender_changed")
    assert (await load_shops(desk.database.worker, {SHOP}))[SHOP].sender_verified is False


async def test_only_the_shop_itself_or_an_operator_sees_the_record_and_verifies(desk):
    await put(desk, "hello@atlas.test")
    for method, path in (("GET", "sender"), ("POST", "sender/verify")):
        answer = await desk.ask(method, f"/v1/shops/{SHOP}/{path}", "ops sources:write", shop="evil")
        assert answer.status_code == 403
        answer = await desk.ask(method, f"/v1/shops/nobody/{path}", "ops sources:write", shop="nobody")
        assert (answer.status_code, answer.json()["code"]) == (404, "unknown_shop")


@pytest.mark.parametrize(
    "name",
    ["Demo Bank <security@demo-bank.test>", "security@bank.test", "a\nb", "=?utf-8?q?x?=", "<", "x\u202ey", "a\x00b"],
)
async def test_a_name_that_looks_like_an_address_is_refused(desk, name):
    answer = await desk.ask("PUT", f"/v1/shops/{SHOP}", json=SETTINGS | {"name": name})

    assert answer.status_code == 422


async def test_names_with_signs_are_names(desk):
    for name in ("Café @ home", "Tom & Jerry's", "فروشگاه نارنج", "A-1 (نارنج)"):
        assert (await desk.ask("PUT", f"/v1/shops/{SHOP}", json=SETTINGS | {"name": name})).status_code == 200


def test_the_value_is_of_one_shop_one_domain_and_one_key():
    cases = product("ab", ("x.test", "y.test"), (b"1", b"2"))

    assert len({sender_record(*case).value for case in cases}) == 8


@pytest.mark.parametrize("text", ["nonsense", "a@b.test", "x..test", "*.test"])
def test_a_setting_that_names_no_domain_is_refused(text):
    with pytest.raises(ValueError):
        domain_set(text)


@pytest.mark.parametrize(
    ("text", "expected"),
    [("", []), ("::1", [("::1", 53)]), ("1.2.3.4, 1.2.3.5:54", [("1.2.3.4", 53), ("1.2.3.5", 54)])],
)
def test_servers_are_addresses_with_or_without_a_port(text, expected):
    assert name_servers(text) == expected


@pytest.mark.parametrize("text", ["dns.test", "1.2.3.4:x", ":53"])
def test_a_setting_that_names_no_server_is_refused(text):
    with pytest.raises(ValueError):
        name_servers(text)


async def test_only_the_operator_assigns_the_line_of_a_shop(desk):
    """All lines belong to one account at the gateway, so a shop could send in the name of any other."""

    async def line(shop, caller, **body):
        answer = await desk.ask("PUT", f"/v1/shops/{shop}", shop=caller, json=SETTINGS | body)
        return answer.status_code, answer.json().get("code", answer.json().get("sms_sender"))

    refused = (409, "sms_sender_by_operator")
    assert await line("borea", "borea", sms_sender="10004346") == refused
    assert await line("borea", "borea", sms_sender="") == (200, "")
    assert await line(SHOP, EVERY_SHOP, sms_sender="10004346") == (200, "10004346")
    assert await line("borea", "borea", sms_sender="10004346") == refused
    assert await line(SHOP, SHOP, sms_sender="") == refused
    for stays in ({}, {"sms_sender": None}, {"sms_sender": "10004346"}):
        assert await line(SHOP, SHOP, name=f"Atlas {len(stays)}", **stays) == (200, "10004346")
    assert await line(SHOP, EVERY_SHOP, sms_sender="") == (200, "")
    assert (await load_shops(desk.database.worker, {"borea"}))["borea"].sms_sender == ""
