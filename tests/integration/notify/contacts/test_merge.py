"""Contacts of aliases become their roots', in any order of arrival; the old ids go on answering and withdrawing."""

import asyncio
from datetime import timedelta
from itertools import permutations

import pytest
from msgspec import structs

from builders.bands import crossed, left
from builders.customers import contact, profile
from builders.events import NOON
from builders.merges import merged, split
from builders.orders import paid
from builders.points import posted
from harness.locking import until_waiting
from mandegar.database import transaction
from mandegar.events.contacts import Consent
from mandegar.events.identity import address_id
from notify.contacts.unsubscribe_token import Leaving, token_for

HOUR = timedelta(hours=1)
EMPTY = """
    SELECT customer_id FROM customers
    WHERE customer_id = $1 AND merged_into IS NOT NULL AND due_at IS NULL AND contact_version = 0
        AND profile_version = 0 AND points_version = 0 AND band_left_version = 0 AND shop_consents = '{}'
        AND own_consents = '{}'
        AND num_nonnulls(email, phone, name, email_since, phone_since, locale, zone, points, tier, last_paid_at) = 0
"""


def stated(version, customer, status, hours, *, email=None, named=None, **more):
    """A snapshot with one statement about mail, for the customer's address."""
    email = email or f"{customer}@example.test"
    consent = Consent(status=status, at=NOON + hours * HOUR, address=named or email)
    return contact(version, customer=customer, email=email, consents={"email": consent}, **more)


async def row(notify, customer):
    return dict(await notify.database.worker.fetchrow("SELECT * FROM customers WHERE customer_id = $1", customer))


async def consent_of(notify, customer, channel="email"):
    answer = await notify.ask("GET", f"/v1/customers/{customer}/preferences")
    assert answer.status_code == 200
    return answer.json()["channels"][channel]["consent"]


async def test_an_alias_holds_nothing_afterwards_and_its_root_holds_all_of_it(notify):
    await notify.deliver(
        contact(4, customer="a", name="Sara"), posted(7, 9, customer="a"), paid("1", customer="a"),
        left(customer="a", version=3), merged("a"),
    )  # fmt: skip

    assert await notify.database.worker.fetchval(EMPTY, "a") == "a"
    root = await row(notify, "c")
    assert (root["email"], root["name"], root["points"]) == ("a@example.test", "Sara", 7)
    assert (root["contact_version"], root["profile_version"], root["points_version"]) == (4, 4, 9)
    assert (root["merged_into"], root["band_left_version"]) == (None, 0)
    assert root["last_paid_at"] is not None


async def test_both_ids_answer_alike_and_lists_name_the_root(notify):
    await notify.deliver(contact(customer="a", phone="+989121112233", email=None, granted="sms"), crossed(customer="a"))
    await notify.deliver(contact(phone=None, granted="email"), merged("a"))

    for path in ("preferences", "messages"):
        of_root, of_alias = [(await notify.ask("GET", f"/v1/customers/{id_}/{path}")).json() for id_ in ("c", "a")]
        assert of_root == of_alias
        assert of_root["customer_id"] == "c"
    assert [await consent_of(notify, "a", channel) for channel in ("email", "sms")] == ["granted", "granted"]
    assert [each["started_as"] for each in await notify.messages("a")] == ["a"]


async def test_a_preview_for_the_old_id_greets_the_root(notify):
    await notify.deliver(contact(customer="a", name="Nobody"), contact(name="Sara Karimi", locale="en"), merged("a"))

    path, scope = "/v1/journeys/at_risk_offer/preview?customer_id=", "journeys:write customers:read"
    previews = [await notify.ask("POST", path + id_, scope) for id_ in ("a", "c")]
    assert "Sara Karimi" in previews[0].json()["text"]
    assert previews[0].json() == previews[1].json()


async def test_a_withdrawal_of_the_alias_holds_for_the_root_until_a_later_snapshot(notify):
    await notify.deliver(stated(5, "c", "granted", -9), stated(8, "a", "withdrawn", -5), merged("a"))
    assert await consent_of(notify, "c") == "withdrawn"

    await notify.deliver(stated(9, "c", "granted", -1))
    assert await consent_of(notify, "c") == "granted"


STORY = {
    "root before": lambda: stated(3, "c", "granted", -9),
    "alias": lambda: stated(8, "a", "withdrawn", -5),
    "merged": lambda: merged("a"),
    "root after": lambda: stated(9, "c", "withdrawn", -5),
}


@pytest.mark.parametrize("order", list(permutations(STORY)), ids="-".join)
async def test_any_order_ends_with_the_snapshot_of_after_the_merge(notify, order):
    """Nor is there an instant at which both statements have arrived and the root may be written to."""
    seen = []
    for what in order:
        await notify.deliver(STORY[what]())
        seen.append(what)
        withdrawal = "root after" in seen or ({"alias", "merged"} <= set(seen))
        if withdrawal and await row_exists(notify, "c"):
            assert await consent_of(notify, "c") == "withdrawn", seen

    root = await row(notify, "c")
    assert (root["contact_version"], root["email"]) == (9, "c@example.test")
    assert root["shop_consents"]["email"]["status"] == "withdrawn"


async def row_exists(notify, customer):
    return await notify.database.worker.fetchval("SELECT true FROM customers WHERE customer_id = $1", customer)


async def test_a_withdrawal_that_the_root_stated_before_the_merge_counts_when_it_arrives_behind_it(notify):
    """The version of the alias has overtaken the root's."""
    await notify.deliver(stated(1, "c", "granted", -9), stated(8, "a", "granted", -9), merged("a"))

    await notify.deliver(stated(2, "c", "withdrawn", -5))
    assert await consent_of(notify, "c") == "withdrawn"

    await notify.deliver(stated(2, "x", "withdrawn", -5))
    await notify.deliver(stated(1, "x", "granted", -4))
    assert await consent_of(notify, "x") == "withdrawn"  # of others an older snapshot changes nothing


async def test_what_other_services_publish_late_of_an_alias_does_not_take_the_roots_place(notify):
    await notify.deliver(
        contact(3, locale="en", zone="Asia/Tehran"), posted(5, 20), contact(9, customer="a"), merged("a"),
        profile(12, customer="a", locale="fa-IR", zone="Europe/Berlin"), posted(99, 19, customer="a"),
        left(customer="a", version=40), paid("1", customer="a"),
    )  # fmt: skip

    root = await row(notify, "c")
    assert (root["locale"], root["zone"], root["points"], root["band_left_version"]) == ("en", "Asia/Tehran", 5, 0)
    assert root["email"] == "c@example.test"
    assert root["last_paid_at"] is not None
    assert await notify.database.worker.fetchval(EMPTY, "a") == "a"


@pytest.mark.parametrize("order", list(permutations(["merged", "closed", "root"])), ids="-".join)
async def test_that_the_ledger_of_an_alias_is_closed_is_no_lack_of_points(notify, order):
    """At no instant: a message about points would be withheld for good."""
    await notify.deliver(contact(), posted(30, 4, customer="a"), posted(20, 3))
    closing = posted(0, 12, customer="a")
    story = {
        "merged": merged("a"),
        "closed": structs.replace(closing, data=structs.replace(closing.data, merged_into="c")),
        "root": posted(50, 13),
    }
    for what in order:
        await notify.deliver(story[what])
        assert (await row(notify, "c"))["points"] in (20, 30, 50), what

    assert (await row(notify, "c"))["points"] == 50
    assert await notify.database.worker.fetchval(EMPTY, "a") == "a"


@pytest.mark.parametrize("order", list(permutations([("a", "b"), ("b", "c"), ("d", "c")])), ids=str)
async def test_chains_and_several_aliases_end_at_one_root(notify, order):
    await notify.deliver(
        stated(1, "a", "withdrawn", -5), contact(2, customer="b"), contact(3), contact(4, customer="d", name="D")
    )
    await notify.deliver(*(merged(alias, root) for alias, root in order))

    assert [await notify.database.worker.fetchval(EMPTY, id_) for id_ in "abd"] == ["a", "b", "d"]
    assert (await row(notify, "c"))["contact_version"] == 4
    assert await consent_of(notify, "a") == "withdrawn"


async def test_after_a_split_each_has_what_comes_later_and_a_second_merge_takes_it_over(notify):
    await notify.deliver(stated(1, "a", "granted", -9), stated(1, "c", "granted", -9), merged("a"))
    await notify.deliver(split("a"), stated(6, "a", "withdrawn", -5))

    assert [await consent_of(notify, id_) for id_ in ("a", "c")] == ["withdrawn", "granted"]
    await notify.deliver(merged("a", version=3))
    assert [await consent_of(notify, id_) for id_ in ("a", "c")] == ["withdrawn", "withdrawn"]


async def withdraw_by_route(notify, customer):
    body = {"channels": {"email": "withdrawn"}}
    answer = await notify.ask("PUT", f"/v1/customers/{customer}/preferences", subject=customer, json=body)
    assert (answer.status_code, answer.json()["customer_id"]) == (200, "c")


async def withdraw_by_old_link(notify, customer):
    token = token_for(Leaving("s", customer, "email"), notify.settings.unsubscribe_secret)
    assert (await notify.client.post(f"/u/{token}")).status_code == 200


async def withdraw_by_link(notify, customer):
    key = notify.settings.identity_key.get_secret_value().encode()
    address = address_id("c@example.test", shop="s", key=key)
    token = token_for(Leaving("s", customer, "email", address), notify.settings.unsubscribe_secret)
    assert (await notify.client.post(f"/u/{token}")).status_code == 200


@pytest.mark.parametrize("withdraw", [withdraw_by_route, withdraw_by_old_link, withdraw_by_link])
async def test_the_old_id_withdraws_for_the_root(notify, withdraw):
    await notify.deliver(contact(), contact(customer="a"), merged("a"))

    await withdraw(notify, "a")

    assert [await consent_of(notify, id_) for id_ in ("a", "c")] == ["withdrawn", "withdrawn"]
    [changed] = await notify.news()
    assert (changed.type, changed.customer_id) == ("consent.changed", "c")
    assert (await row(notify, "a"))["own_consents"] == {}


async def test_a_withdrawal_that_waits_for_a_merge_is_the_roots(notify):
    pool = notify.database.worker
    await notify.deliver(contact(), contact(customer="a"))
    async with transaction(pool) as connection:
        await connection.execute("UPDATE customers SET merged_into = 'c', email = NULL WHERE customer_id = 'a'")
        waiting = asyncio.create_task(withdraw_by_route(notify, "a"))
        await until_waiting(pool, 1)
    await waiting

    assert await consent_of(notify, "c") == "withdrawn"
    await pool.execute("DELETE FROM customers WHERE customer_id = 'a'")


async def test_the_words_of_both_ids_are_the_roots(notify):
    await notify.deliver(contact(), contact(customer="a", email="c@example.test"))
    await withdraw_by_old_link(notify, "a")

    await notify.deliver(merged("a"))

    assert (await row(notify, "c"))["own_consents"]["email"]["status"] == "withdrawn"
    assert await consent_of(notify, "c") == "withdrawn"
