"""The link in every message: one click withdraws consent on its channel."""

import pytest

from builders.bands import crossed
from builders.customers import contact
from builders.events import NOON
from harness.notify_service import notify_service, types
from mandegar.events import decode
from notify.contacts.unsubscribe_token import Leaving, token_for


def link(notify, channel="email", customer="c", shop="s"):
    return "/u/" + token_for(Leaving(shop, customer, channel), notify.settings.unsubscribe_secret)


async def consent_of(notify, channel="email"):
    answer = await notify.ask("GET", "/v1/customers/c/preferences")
    return answer.json()["channels"][channel]


async def test_a_post_to_the_link_withdraws_consent_at_once_and_publishes_it(notify):
    await notify.deliver(contact(), crossed())
    answer = await notify.client.post(link(notify), data={"List-Unsubscribe": "One-Click"})

    assert (answer.status_code, answer.headers["content-type"]) == (200, "text/html; charset=utf-8")
    assert await consent_of(notify) == {
        "consent": "withdrawn",
        "since": "2026-11-22T08:30:00Z",
        "method": "one_click",
        "has_address": True,
    }
    [changed, withheld] = [*await notify.news(), *await notify.send_out()]
    assert (changed.type, changed.data.channel, changed.data.status) == ("consent.changed", "email", "withdrawn")
    assert types([withheld]) == [("message.withheld", "no_consent")]


@pytest.mark.parametrize("form", [{"files": {"List-Unsubscribe": (None, "One-Click")}}, {"content": b""}, {"json": {}}])
async def test_any_form_of_post_is_the_one_click(notify, form):
    await notify.deliver(contact())
    answer = await notify.client.post(link(notify), **form)

    assert answer.status_code == 200
    assert (await consent_of(notify))["consent"] == "withdrawn"


async def test_opening_the_link_changes_nothing(notify):
    await notify.deliver(contact())
    answer = await notify.client.get(link(notify))

    assert answer.status_code == 200
    assert '<form method="post">' in answer.text
    assert (await consent_of(notify))["consent"] == "granted"


async def test_a_good_link_does_not_tell_whether_its_customer_exists(notify):
    await notify.deliver(contact())
    answers = [
        await notify.client.post(path)
        for path in (link(notify), link(notify, customer="nobody"), link(notify, shop="nowhere"))
    ]

    assert {(answer.status_code, answer.text) for answer in answers} == {(200, answers[0].text)}


BROKEN = {
    "cut letter": lambda path: path[:-1],
    "cut at the dot": lambda path: path.partition(".")[0],
    "lower case": str.lower,
    "changed letter": lambda path: path[:-1] + chr(ord(path[-1]) ^ 1),
    "an invisible mark within": lambda path: path.replace(".", ".\u2069"),
    "a letter behind": lambda path: path + "a",
    "a path behind": lambda path: path + "/a",
    "nonsense": lambda _: "/u/nonsense",
    "nothing": lambda _: "/u/",
    "too long": lambda path: path + "a" * 3000,
}


@pytest.mark.parametrize("broken", BROKEN.values(), ids=list(BROKEN))
async def test_a_broken_link_says_that_it_is_not_complete_and_changes_nothing(notify, broken):
    await notify.deliver(contact())
    answers = [await notify.client.request(method, broken(link(notify))) for method in ("GET", "POST")]

    assert [answer.status_code for answer in answers] == [404, 404]
    for answer in answers:
        assert answer.headers["content-type"] == "text/html; charset=utf-8"
        assert "This link is not complete" in answer.text
        assert "این پیوند کامل نیست" in answer.text
    assert (await consent_of(notify))["consent"] == "granted"
    assert await notify.news() == []


@pytest.mark.parametrize(
    "around", ["{}\u2069", "{}.", "{}>", "{})", "{}\u2069.", "{}/", "{}%E2%81%A9", "{}\u200f»،", "{}%20"]
)
async def test_a_link_with_punctuation_behind_it_works(notify, around):
    await notify.deliver(contact())
    path = around.format(link(notify))

    assert '<form method="post">' in (await notify.client.get(path)).text
    assert (await notify.client.post(path)).status_code == 200
    assert (await consent_of(notify))["consent"] == "withdrawn"


async def test_a_link_is_probed_without_its_page(notify):
    await notify.deliver(contact())
    answers = [await notify.client.head(path) for path in (link(notify), link(notify)[:-1])]

    assert [(answer.status_code, answer.content) for answer in answers] == [(200, b""), (404, b"")]
    assert (await consent_of(notify))["consent"] == "granted"


async def test_leaving_twice_is_one_change(notify):
    await notify.deliver(contact())
    await notify.client.post(link(notify))
    await notify.client.post(link(notify))

    assert types(await notify.news()) == [("consent.changed", None)]


async def test_one_channel_is_left_and_the_other_stays(notify):
    await notify.deliver(contact())
    await notify.client.post(link(notify, "sms"))

    assert (await consent_of(notify, "sms"))["consent"] == "withdrawn"
    assert (await consent_of(notify, "email"))["consent"] == "granted"


async def test_a_shop_that_repeats_an_older_consent_does_not_undo_the_customers_word(notify):
    await notify.deliver(contact(1))
    await notify.client.post(link(notify))
    await notify.deliver(contact(2, said_hours=-1), crossed())

    assert (await consent_of(notify))["consent"] == "withdrawn"

    await notify.deliver(contact(3, said_hours=5))
    assert (await consent_of(notify))["consent"] == "granted"


async def test_a_change_of_consent_is_written_by_the_role_that_sees_one_shop(notify):
    await notify.deliver(contact())
    await notify.client.post(link(notify))
    row = await notify.database.worker.fetchrow("SELECT topic, value FROM outbox")

    assert row["topic"] == "notify.events"
    assert decode(row["value"]).time == NOON


async def test_a_link_of_a_former_key_still_withdraws_consent(make_database):
    former = "/u/" + token_for(Leaving("s", "c", "email"), b"the former key")
    async with notify_service(await make_database("notify"), unsubscribe_key="the key, the former key") as notify:
        await notify.deliver(contact())
        await notify.client.post(former)

        assert (await consent_of(notify))["consent"] == "withdrawn"
