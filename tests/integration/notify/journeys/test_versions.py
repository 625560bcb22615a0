"""Journeys of a shop: stored in versions, published, in force from an instant on, and kept by what they started."""

import asyncio
from datetime import timedelta
from email import message_from_bytes
from email.policy import default

import asyncpg
import pytest

from builders.acts import act
from builders.bands import crossed
from builders.customers import contact
from builders.events import NOON
from builders.orders import paid
from builders.points import expiring, posted
from builders.shops import shop_updated
from harness.locking import until_waiting
from harness.notify_service import types
from mandegar.database import as_shop_writing, transaction
from notify.domain.journey import send_id
from notify.journeys.built_in import built_in_versions
from notify.journeys.put import NAMES_MAX, put_journey

HOUR = timedelta(hours=1)
OFFER = built_in_versions()["at_risk_offer"].document
SMS = built_in_versions()["points_expiring"].document
GIFT = OFFER + "offer: {code: BAHAR40, amount: 500000, currency: IRR, valid: P14D}\n"
OFF = OFFER + "enabled: false\n"


async def put(notify, document, name="at_risk_offer", *, scope="journeys:write", shop="s", **params):
    return await notify.ask("PUT", f"/v1/journeys/{name}", scope, shop=shop, content=document, params=params)


async def get(notify, path="", **more):
    return await notify.ask("GET", f"/v1/journeys{path}", "journeys:write", **more)


async def versions(notify):
    rows = await notify.database.worker.fetch("SELECT journey_version FROM sends ORDER BY created_at, triggered_at")
    return [row["journey_version"] for row in rows]


async def test_a_shop_begins_with_the_built_in_journeys_as_version_0(notify):
    answer = await get(notify)

    assert answer.status_code == 200
    assert [(one["name"], one["in_force"]["version"], one["coming"]) for one in answer.json()["journeys"]] == [
        ("at_risk_offer", 0, []),
        ("points_expiring", 0, []),
        ("till_code", 0, []),
        ("welcome_back", 0, []),
    ]
    assert (await get(notify, "/at_risk_offer")).json() == {
        "name": "at_risk_offer",
        "in_force": {"version": 0, "effective_from": None, "document": OFFER},
        "coming": [],
    }


async def test_a_new_version_is_stored_published_and_shown(notify):
    answer = await put(notify, GIFT)

    assert answer.status_code == 201
    assert answer.json() == {"version": 1, "effective_from": "2026-11-22T08:30:00Z", "document": GIFT}
    [changed] = await notify.news()
    assert (changed.type, changed.shop, changed.customer_id) == ("journey.changed", "s", None)
    assert (changed.data.name, changed.data.version, changed.data.effective_from, changed.data.document) == (
        "at_risk_offer", 1, NOON, GIFT
    )  # fmt: skip
    assert (await get(notify, "/at_risk_offer")).json()["in_force"]["version"] == 1
    assert (await get(notify, "/at_risk_offer", shop="other")).json()["in_force"]["version"] == 0


async def test_the_same_document_again_is_no_new_version(notify):
    await put(notify, GIFT)
    await notify.news()
    answer = await put(notify, GIFT)

    assert (answer.status_code, answer.json()["version"]) == (200, 1)
    assert await notify.news() == []


async def test_a_version_to_come_is_shown_as_such(notify):
    assert (await put(notify, GIFT, "gift", effective_from="2026-11-23T00:00:00Z")).status_code == 201
    coming = {"version": 1, "effective_from": "2026-11-23T00:00:00Z", "document": GIFT}

    assert (await get(notify, "/gift")).json() == {"name": "gift", "in_force": None, "coming": [coming]}
    notify.clock.set(NOON + 24 * HOUR)
    assert (await get(notify, "/gift")).json() == {"name": "gift", "in_force": coming, "coming": []}
    assert [one["name"] for one in (await get(notify)).json()["journeys"]] == [
        "at_risk_offer", "gift", "points_expiring", "till_code", "welcome_back"
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("document", "params", "code"),
    [
        (OFFER.replace("P3D", "soon"), {}, "invalid_journey"),
        (b"\xff", {}, "invalid_journey"),
        (OFFER, {"effective_from": "2026-11-21T00:00:00Z"}, "too_late"),
        (OFFER, {"effective_from": "2026-11-25T00:00:00"}, "invalid"),
    ],
)
async def test_a_version_that_cannot_be_is_refused(notify, document, params, code):
    answer = await put(notify, document, **params)

    assert (answer.status_code, answer.json()["code"]) == (422, code)
    assert await notify.news() == []


async def test_errors_come_with_their_lines(notify):
    answer = await put(notify, OFFER.replace("P3D", "soon").replace("at_risk_offer", "none"))

    assert [error["line"] for error in answer.json()["errors"]] == [8, 9]


@pytest.mark.parametrize("character", ["\\0", "\\uD800", "\\uDFFF", "\\e"])
@pytest.mark.parametrize(
    "part",
    ["points_expiring", "field: expires_at", "version: 1", "event: points.expiring", "channel: sms", "[points]", "P7D"],
)
async def test_odd_characters_in_a_document_are_errors_with_a_line(notify, part, character):
    """YAML escapes can write characters that neither the database nor an answer can hold."""
    document = SMS.replace(part, f'{part.partition(": ")[0]}: "{character}"' if ": " in part else f'"{character}"')
    answer = await put(notify, document)

    assert (answer.status_code, answer.json()["code"]) == (422, "invalid_journey")
    assert "control characters are not allowed" in [error["message"] for error in answer.json()["errors"]]


@pytest.mark.parametrize(
    ("name", "scope", "status"),
    [("at_risk_offer", "customers:read", 403), ("At Risk", "journeys:write", 422), ("x" * 61, "journeys:write", 422)],
)
async def test_only_the_right_people_store_journeys_under_good_names(notify, name, scope, status):
    assert (await put(notify, OFFER, name, scope=scope)).status_code == status


async def test_an_unknown_journey_is_a_404(notify):
    answer = await get(notify, "/nothing")

    assert (answer.status_code, answer.json()["code"]) == (404, "unknown_journey")


async def test_a_shop_has_a_limited_number_of_journeys(notify):
    async with as_shop_writing(notify.database.web, act()) as connection:
        for number in range(NAMES_MAX):
            await put_journey(connection, "s", f"j{number}", OFFER, None, notify.clock)
    answer = await put(notify, OFFER, "one_more")

    assert (answer.status_code, answer.json()["code"]) == (422, "too_many")
    assert (await get(notify, "/one_more")).status_code == 404
    notify.clock.advance(HOUR)
    assert (await put(notify, GIFT, "j0")).status_code == 201


async def test_a_message_goes_out_under_the_shops_version(notify):
    await put(notify, GIFT)
    await notify.deliver(contact(), crossed(hours=0))
    await notify.send_out()

    mail = message_from_bytes(notify.mail.given[0].content, policy=default)
    assert "BAHAR40" in mail.get_body(("plain",)).get_content()
    assert await versions(notify) == [1]
    [message] = await notify.messages()
    assert message["journey_version"] == 1


async def test_another_shop_keeps_the_built_in_version(notify):
    await put(notify, OFF)
    await notify.deliver(shop_updated(shop="t"), contact(shop="t"), crossed(hours=0, shop="t"), crossed(hours=0))

    assert await versions(notify) == [0]


async def test_a_journey_that_is_switched_off_starts_nothing_and_finishes_what_it_started(notify):
    await notify.deliver(contact(), contact(customer="d"), crossed(hours=0))
    notify.clock.advance(HOUR)
    await put(notify, OFF)
    await notify.deliver(crossed(hours=2, customer="d"))

    assert types(await notify.send_out())[-1] == ("message.sent", None)
    assert await versions(notify) == [0]


async def test_a_send_ends_under_the_version_that_started_it(notify):
    """The version that started it is not ended by a purchase, the one that follows is."""
    await put(notify, OFFER.replace("exits: [order.paid]\n", ""))
    await notify.deliver(contact(), crossed(hours=0))
    notify.clock.advance(HOUR)
    await put(notify, OFFER)
    await notify.deliver(contact(customer="d"), crossed(hours=1, customer="d"))

    assert types(await notify.deliver(paid(hours=1.5), paid("p", hours=1.5, customer="d"))) == [
        ("message.withheld", "exited")
    ]
    notify.clock.advance(HOUR)
    assert types(await notify.send_out()) == [("message.sent", None)]
    assert await versions(notify) == [1, 2]


async def test_the_version_is_that_of_the_instant_when_the_event_was_recorded(notify):
    await put(notify, GIFT, effective_from=(NOON + HOUR).isoformat())
    notify.clock.advance(3 * HOUR)
    before = crossed(hours=0, customer="a", recorded_time=NOON + HOUR - timedelta(microseconds=1))
    at = crossed(hours=0, customer="b", recorded_time=NOON + HOUR)
    await notify.deliver(at, before)

    rows = await notify.database.worker.fetch("SELECT journey_version FROM sends ORDER BY customer_id")
    assert [row["journey_version"] for row in rows] == [0, 1]


async def test_a_cooldown_counts_over_the_versions_of_a_journey(notify):
    await notify.deliver(contact(), crossed(hours=0))
    await notify.send_out()
    notify.clock.advance(HOUR)
    await put(notify, GIFT)
    await notify.deliver(crossed(hours=1))
    notify.clock.advance(HOUR)

    assert types(await notify.send_out()) == [("message.withheld", "cooldown")]


async def test_a_shop_adds_a_journey_of_its_own(notify):
    await put(notify, OFFER.replace("band: at_risk", "band: lost"), "win_back")
    await notify.deliver(contact(), crossed("lost", hours=0))
    [sent] = await notify.send_out()

    assert (sent.type, sent.data.journey) == ("message.sent", "win_back")


async def test_a_preview_shows_the_version_in_force(notify):
    await put(notify, GIFT)
    answer = await notify.ask("POST", "/v1/journeys/at_risk_offer/preview?locale=en", "journeys:write")

    assert answer.json()["version"] == 1
    assert "BAHAR40" in answer.json()["text"]


async def test_a_batch_that_starts_nothing_asks_for_no_journey(notify):
    owner = await asyncpg.connect(notify.database.owner_url)
    await owner.execute("REVOKE ALL ON journeys FROM notify_worker")
    await notify.deliver(contact(), paid(), posted(500, 1))
    before = await owner.fetchval("SELECT count(*) FROM dead_letters")
    await notify.deliver(crossed())
    after = await owner.fetchval("SELECT count(*) FROM dead_letters")
    await owner.close()

    assert (before, after) == (0, 1)


async def test_a_send_from_before_shops_had_journeys_ends_under_the_built_in_one(notify):
    await notify.deliver(contact(), crossed(hours=0), expiring())
    await notify.database.worker.execute("UPDATE sends SET journey_version = 1")

    assert types(await notify.send_out()) == [("message.sent", None)] * 2


async def test_a_send_whose_journey_no_longer_exists_is_withheld(notify):
    """Also where no other send is due: a release may have dropped a built-in journey."""
    await notify.deliver(contact(), crossed())
    [cause_id] = [row["cause_id"] for row in await notify.database.worker.fetch("SELECT cause_id FROM sends")]
    await notify.database.worker.execute(
        "UPDATE sends SET journey = 'dropped', send_id = $1", send_id("dropped", cause_id, "email")
    )

    assert types(await notify.send_out()) == [("message.withheld", "journey_gone")]


async def test_a_version_that_waits_for_a_batch_begins_behind_it(notify):
    """So that a rebuild, which knows only the instants, starts each journey under the version of that time."""
    async with transaction(notify.database.worker) as connection:
        await connection.execute("SELECT pg_advisory_xact_lock_shared(hashtextextended('journey:s', 0))")
        waiting = asyncio.create_task(put(notify, GIFT))
        await until_waiting(notify.database.worker, 1)
        notify.clock.advance(HOUR)
        assert not waiting.done()

    assert (await waiting).json()["effective_from"] == "2026-11-22T09:30:00Z"


@pytest.fixture
async def unreadable(notify):
    """Makes a stored document one that this release cannot read any more."""

    async def make(name="at_risk_offer"):
        owner = await asyncpg.connect(notify.database.owner_url)
        await owner.execute("ALTER TABLE journeys NO FORCE ROW LEVEL SECURITY")
        changed = await owner.execute(
            "UPDATE journeys SET document = replace(document, 'crossed_at', 'gone_at') WHERE name = $1", name
        )
        await owner.close()
        assert changed == "UPDATE 1"

    return make


async def test_a_document_that_can_no_longer_be_read_starts_nothing_and_concerns_nobody_else(notify, unreadable):
    await notify.deliver(shop_updated(shop="t"), contact(), contact(shop="t", customer="e"))
    await put(notify, OFFER)
    await unreadable()
    await notify.deliver(crossed(hours=0), crossed(hours=0, shop="t", customer="e"), expiring())

    rows = await notify.database.worker.fetch("SELECT shop, journey FROM sends ORDER BY shop")
    assert [tuple(row) for row in rows] == [("s", "points_expiring"), ("t", "at_risk_offer")]
    assert await notify.database.worker.fetchval("SELECT count(*) FROM dead_letters") == 0


async def test_a_send_whose_document_can_no_longer_be_read_is_withheld(notify, unreadable):
    await notify.deliver(shop_updated(shop="t"), contact(), contact(shop="t", customer="e"), contact(customer="d"))
    await put(notify, OFFER)
    await notify.deliver(*(crossed(hours=0, **who) for who in ({}, {"customer": "d"}, {"shop": "t", "customer": "e"})))
    await unreadable()
    await notify.deliver(paid(hours=0.5, customer="d"))

    assert sorted(types(await notify.send_out()), key=str) == [
        ("message.sent", None), ("message.withheld", "journey_gone"), ("message.withheld", "journey_gone")
    ]  # fmt: skip


async def test_a_version_to_come_is_withdrawn_and_starts_nothing(notify):
    await notify.deliver(contact())
    await put(notify, GIFT, effective_from="2026-11-22T09:30:00Z")
    answers = [
        await notify.ask("DELETE", f"/v1/journeys/at_risk_offer/versions/{version}", "journeys:write")
        for version in (1, 1, 2)
    ]
    changes = await notify.news()
    notify.clock.advance(timedelta(hours=2))
    await notify.deliver(crossed(hours=2))

    assert [answer.status_code for answer in answers] == [204, 204, 404]
    assert await versions(notify) == [0]
    assert [event.data.withdrawn for event in changes if event.type == "journey.changed"] == [False, True]


async def test_a_preview_of_what_cannot_be_rendered_says_so(notify, unreadable):
    await put(notify, OFFER)
    await unreadable()
    answer = await notify.ask("POST", "/v1/journeys/at_risk_offer/preview", "journeys:write")

    assert (answer.status_code, answer.json()["code"]) == (409, "not_rendered")
    assert (await get(notify)).status_code == 200
    assert (await put(notify, GIFT, effective_from=(NOON + HOUR).isoformat())).status_code == 201
