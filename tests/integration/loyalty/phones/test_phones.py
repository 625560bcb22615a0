"""A customer is found by their phone number, of which loyalty has the pseudonym alone."""

from itertools import permutations

from builders.customers import profile
from builders.erasures import erased
from builders.merges import merges, split
from builders.orders import paid
from builders.shops import shop_updated
from harness.in_process import SHOP
from loyalty.phones.find import customers_known
from mandegar.events.identity import address_id
from mandegar.tokens import Principal

SARAS = "g_" + "5" * 32
OTHERS = "g_" + "7" * 32


async def found(loyalty, phone_id, shop=SHOP):
    who = Principal(shop, frozenset())
    return await customers_known(loyalty.context, who, phone_id, by_phone=True)


async def test_the_number_of_the_newest_snapshot_counts_in_any_order_of_arrival(loyalty):
    snapshots = [profile(1, phone_id=OTHERS), profile(2), profile(3, phone_id=SARAS)]
    for number, arrived in enumerate(permutations(snapshots)):
        customer = f"c{number}"
        news = [profile(each.data.version, customer=customer, phone_id=each.data.phone_id) for each in arrived]

        await loyalty.deliver(*news[:2])
        await loyalty.deliver(*news[2:])

    assert set(await found(loyalty, OTHERS)) == set()
    assert len(await found(loyalty, SARAS)) == 6


async def test_a_number_that_was_taken_away_finds_nobody(loyalty):
    await loyalty.deliver(profile(1, phone_id=SARAS))
    await loyalty.deliver(profile(2))

    assert await found(loyalty, SARAS) == []


async def test_two_customers_with_one_number_are_both_found(loyalty):
    await loyalty.deliver(profile(1, phone_id=SARAS), profile(1, customer="d", phone_id=SARAS))

    assert await found(loyalty, SARAS) == ["c", "d"]


async def test_a_guest_is_found_by_the_number_that_they_gave(loyalty):
    await loyalty.deliver(paid("o-1", customer=SARAS))

    assert await found(loyalty, SARAS) == [SARAS]


async def test_one_person_is_found_once(loyalty):
    await loyalty.deliver(paid("o-1", customer=SARAS), profile(1, phone_id=SARAS))
    await loyalty.deliver(profile(1, customer="old", phone_id=SARAS))

    await loyalty.deliver(*merges(SARAS, "c"))
    await loyalty.deliver(*merges("old", "c"))

    assert await found(loyalty, SARAS) == ["c"]

    await loyalty.deliver(split("old", "c"))

    assert await found(loyalty, SARAS) == ["c", "old"]


async def test_nobody_is_found_who_was_erased(loyalty):
    await loyalty.deliver(profile(1, phone_id=SARAS))
    await loyalty.deliver(erased())

    assert await found(loyalty, SARAS) == []


async def test_no_shop_finds_the_customers_of_another(loyalty):
    await loyalty.deliver(shop_updated(shop="roz"), profile(1, phone_id=SARAS))

    assert await found(loyalty, SARAS, shop="roz") == []


async def test_a_till_finds_the_customer_by_the_number_that_they_say(loyalty):
    phone_id = address_id("+989121234567", shop=SHOP, key=loyalty.context.identity_key)
    await loyalty.deliver(profile(1, phone_id=phone_id))

    for written in ("09121234567", "+98 912 123 45 67", "۰۹۱۲۱۲۳۴۵۶۷", "00989121234567"):
        answer = await loyalty.ask("POST", "/v1/customers:find", "customers:read", json={"phone": written})
        assert answer.json() == {"customers": ["c"]}
    nobody = await loyalty.ask("POST", "/v1/customers:find", "customers:read", json={"phone": "09351234567"})
    assert nobody.json() == {"customers": []}


async def test_what_is_no_number_is_told_without_being_repeated(loyalty):
    for text in ("c-42", "", "9" * 60, "0912\x00123"):
        answer = await loyalty.ask("POST", "/v1/customers:find", "customers:read", json={"phone": text})
        assert (answer.status_code, answer.json()["code"]) == (422, "invalid_phone")
        assert not text or text not in answer.text


async def test_a_browser_does_not_look_for_other_customers(loyalty):
    answer = await loyalty.ask(
        "POST", "/v1/customers:find", "customers:read", subject="c", json={"phone": "09121234567"}
    )

    assert answer.status_code == 403
