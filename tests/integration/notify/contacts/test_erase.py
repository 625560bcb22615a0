"""Erased customers leave nothing in notify but withdrawals under hashes of addresses, and nobody is written to."""

from datetime import timedelta
from random import Random

import pytest

from builders.bands import crossed, left
from builders.customers import contact, profile
from builders.erasures import contact_erased, erased, readmitted
from builders.merges import merges
from builders.orders import paid
from builders.points import expiring, posted
from builders.shops import shop_updated
from harness.in_process import NOON, PARTITIONS, SHOP
from harness.looking import look_for, rows_of
from harness.notify_service import Notify, notify_service
from mandegar.database import transaction
from mandegar.events import Event, encode, topic_of
from mandegar.events.identity import address_id
from mandegar.lanes.application import as_process
from mandegar.stream import Record
from notify.channels.channel import Outcome
from notify.contacts.unsubscribe_token import Leaving, token_for
from notify.main import SERVICE
from notify.sends.rebuild import decide_the_rest

BOTH = ("c", "planted-guest")
MAIL, PHONE, NAME, OTHER_MAIL = "planted@example.test", "+989121230077", "نام کاشته", "planted-too@example.test"
PLANTED = [MAIL, PHONE, NAME, OTHER_MAIL, "planted-tier", "73100", "planted-ref", "fa-planted"]
TOMBSTONE = {
    "customer_id", "partition", "contact_version", "profile_version", "points_version", "band_left_version",
    "erased_at", "erased_by", "erased_before", "erased_profile", "erasure_version",
}  # fmt: skip


def pseudonym(address: str) -> str:
    return address_id(address, shop=SHOP, key=b"for tests only")


async def tell(notify: Notify, *events: Event) -> list[Event]:
    """Each event on its own topic, in the given order."""
    published: list[Event] = []
    for event in events:
        published += await notify.deliver(event, topic=topic_of(event.type))
    return published


async def say(notify: Notify, customer: str, **channels: str) -> None:
    notify.clock.advance(timedelta(seconds=1))
    body = {"channels": channels}
    answer = await notify.ask("PUT", f"/v1/customers/{customer}/preferences", "preferences:write", json=body)
    assert answer.status_code == 200, answer.text


async def live(notify: Notify) -> list[Event]:
    """Somebody with two ids, addresses, words of their own, messages sent, withheld, unknown and waiting."""
    heard = [
        contact(3, email=MAIL, phone=PHONE, name=NAME, locale="fa-planted", granted="email"),
        contact(2, email=OTHER_MAIL, phone=PHONE, name=NAME, customer="planted-guest"),
        profile(4, locale="fa-planted", zone="Asia/Tehran"),
        posted(73_100, 5, tier="planted-tier"),
        paid("o", days=-40),
    ]
    await tell(notify, *heard)
    await say(notify, "c", email="withdrawn", sms="granted")
    await say(notify, "c", email="granted")
    await say(notify, "planted-guest", email="withdrawn")
    notify.mail.answers = [Outcome("accepted", provider_ref="planted-ref"), Outcome("unknown", "smtp_no_answer")]
    more = [crossed(), crossed(customer="planted-guest"), expiring(73_100), *merges("planted-guest", "c")]
    await tell(notify, *more)
    await notify.send_out()
    notify.clock.advance(timedelta(hours=10))  # ten at night: what starts now waits for the morning
    last = [expiring(73_100, in_days=25, hours=10), left(version=1, hours=10)]
    await tell(notify, *last)
    await notify.send_out()
    return [*heard, *more, *last]


async def others(notify: Notify) -> list[Event]:
    heard = [contact(customer="other"), crossed(customer="other"), posted(4, 1, customer="other")]
    await tell(notify, *heard)
    await notify.send_out()
    return heard


def erasures(*ids: str, **more: object) -> list[Event]:
    """Asked for a day after all that these tests tell of."""
    return [erased(id_, ids=len(ids), days=1, **more) for id_ in ids]


async def of_others(admin: str, notify: Notify) -> dict[str, list[dict[str, object]]]:
    rows = await rows_of(admin, notify.database)
    return {table: [row for row in rows[table] if row["customer_id"] not in BOTH] for table in ("customers", "sends")}


async def test_nothing_is_left_of_a_planted_customer(notify, postgres):
    await others(notify)
    await live(notify)
    before = await of_others(postgres, notify)
    found = await look_for(PLANTED, postgres, notify.database)
    assert {each.planted for each in found} == set(PLANTED) - {OTHER_MAIL}  # whose hash alone is left by the merge
    assert {each.table for each in found} >= {"customers", "sends"}
    assert {state for state, _ in await notify.states()} >= {"ready", "sent"}

    assert await tell(notify, *erasures(*BOTH, profile_version=4)) == []

    assert await look_for(PLANTED, postgres, notify.database) == set()
    assert await of_others(postgres, notify) == before
    rows = await rows_of(postgres, notify.database)
    assert not [row for row in rows["sends"] if row["customer_id"] != "other"]
    await notify.database.worker.execute("INSERT INTO customers (shop, customer_id, partition) VALUES ('s', 'new', 0)")
    customers = {row["customer_id"]: row for row in (await rows_of(postgres, notify.database))["customers"]}
    for id_ in BOTH:
        changed = {name for name, value in customers[id_].items() if value != customers["new"][name]}
        assert changed <= TOMBSTONE | {"alias_of", "merged_into", "merge_version"}
    for id_ in BOTH:
        for path in ("messages", "preferences"):
            assert (await notify.get(f"/v1/customers/{id_}/{path}")).status_code == 404
        body = {"channels": {"email": "granted"}}
        put = await notify.ask("PUT", f"/v1/customers/{id_}/preferences", "preferences:write", json=body)
        assert put.status_code == 404
    assert await notify.news() == []


async def test_an_export_holds_it_all(notify):
    await live(notify)
    answer = await notify.ask("GET", "/v1/customers/planted-guest/export", "customers:export")
    rows = answer.json()["rows"]

    assert not [each for each in PLANTED if each != OTHER_MAIL and each not in answer.text]
    assert {row["state"] for row in rows["messages"]} >= {"ready", "sent"}
    words = {(row["address_id"], row["status"]) for row in rows["address_consents"]}
    assert words >= {(pseudonym(MAIL), "granted"), (pseudonym(PHONE), "granted")}

    await tell(notify, *erasures(*BOTH, profile_version=4))
    again = await notify.ask("GET", "/v1/customers/c/export", "customers:export")
    assert not [each for each in PLANTED if each in again.text]


async def test_withdrawals_stay_under_the_hash_of_the_address_alone_and_grants_go(notify):
    await others(notify)
    await live(notify)
    await say(notify, "c", email="withdrawn")
    words = "SELECT address_id, status FROM address_consents ORDER BY status"
    before = {tuple(row) for row in await notify.database.worker.fetch(words)}
    assert before >= {(pseudonym(MAIL), "withdrawn"), (pseudonym(PHONE), "granted")}
    await tell(notify, *erasures(*BOTH, profile_version=4))

    after = {tuple(row) for row in await notify.database.worker.fetch(words)}
    assert after == before - {(pseudonym(PHONE), "granted")}
    removed = await notify.database.worker.fetchval("SELECT removed FROM erasures WHERE customer_id = 'c'")
    (word,) = [each for each in removed if each["what"] == "address_consents"]
    assert (word["removed"], word["kept"]) == (1, 1)
    assert "keyed hash" in word["why"]


async def test_a_later_word_of_somebody_else_about_the_same_address_stays(notify):
    for id_ in ("c", "other"):
        await tell(notify, contact(email=MAIL, customer=id_, granted=""))
    await say(notify, "c", email="granted")
    await say(notify, "other", email="withdrawn")
    await say(notify, "other", email="granted")
    await tell(notify, *erasures("c"))

    answer = await notify.get("/v1/customers/other/preferences")
    assert answer.json()["channels"]["email"]["consent"] == "granted"


async def test_nobody_is_written_to_after_the_erasure(notify):
    await live(notify)
    given = len(notify.mail.given), len(notify.sms.given)
    await tell(notify, *erasures(*BOTH, profile_version=4))
    late = [crossed(version=8), expiring(5, in_days=30), posted(7, 9), contact(4, email=MAIL), left(version=9)]
    assert await tell(notify, *late) == []

    for _ in range(40):
        notify.clock.advance(timedelta(hours=12))
        assert await notify.send_out() == []
    assert (len(notify.mail.given), len(notify.sms.given)) == given


@pytest.mark.parametrize(
    "answer",
    [
        Outcome("accepted", provider_ref="planted-ref"),
        Outcome("unknown", "smtp_no_answer"),
        Outcome("retry", "smtp_421"),
        Outcome("refused", "smtp_550_5.1.1"),
    ],
    ids=lambda answer: answer.kind,
)
async def test_the_answer_about_a_message_that_is_at_the_provider_is_kept_nowhere_and_it_is_not_repeated(
    notify, postgres, answer
):
    await tell(notify, contact(email=MAIL), crossed())

    async def erase(_: object) -> None:
        await tell(notify, *erasures("c", profile_version=1))

    notify.mail.during, notify.mail.answers = erase, [answer]
    published = await notify.send_out()
    notify.mail.during = None

    assert published == []
    assert not (await rows_of(postgres, notify.database))["sends"]
    assert await look_for([MAIL, "planted-ref"], postgres, notify.database) == set()
    for _ in range(10):
        notify.clock.advance(timedelta(hours=6))
        assert await notify.send_out() == []
    assert len(notify.mail.given) == 1
    assert notify.mail.asked == []


@pytest.mark.parametrize("address", [MAIL, None], ids=["of this release", "of a release before"])
async def test_a_click_after_the_erasure_is_answered_kindly_and_keeps_nothing(notify, postgres, address):
    await live(notify)
    await tell(notify, *erasures(*BOTH, profile_version=4))
    before = await rows_of(postgres, notify.database)
    for customer in BOTH:
        leaving = Leaving(SHOP, customer, "email", address and pseudonym(address))
        path = "/u/" + token_for(leaving, notify.settings.unsubscribe_secret)
        asked, clicked = await notify.client.get(path), await notify.client.post(path)
        nobody = await notify.client.post(
            "/u/" + token_for(Leaving(SHOP, "nobody", "email"), notify.settings.unsubscribe_secret)
        )

        assert (asked.status_code, clicked.status_code, clicked.text) == (200, 200, nobody.text)
    assert await notify.news() == []
    assert await rows_of(postgres, notify.database) == before


async def test_a_click_that_waits_for_the_erasure_keeps_nothing(notify, postgres):
    await live(notify)
    path = "/u/" + token_for(Leaving(SHOP, "c", "email", pseudonym(MAIL)), notify.settings.unsubscribe_secret)
    await tell(notify, *erasures(*BOTH, profile_version=4))
    before = (await rows_of(postgres, notify.database))["address_consents"]
    assert (await notify.client.post(path)).status_code == 200
    assert (await rows_of(postgres, notify.database))["address_consents"] == before


async def test_a_tombstone_clears_the_contact_before_the_erasure_is_heard_of(notify, postgres):
    await others(notify)
    await tell(notify, contact(3, email=MAIL, phone=PHONE, name=NAME))
    before = await of_others(postgres, notify)
    await notify.deliver(contact(4, email=OTHER_MAIL, name=NAME), contact_erased(), topic="ingest.contacts")

    assert await look_for([MAIL, OTHER_MAIL, NAME], postgres, notify.database) == set()
    assert await of_others(postgres, notify) == before


async def test_the_tombstone_of_an_alias_leaves_the_contact_of_the_root(notify):
    await tell(notify, contact(3, email=MAIL), *merges("planted-guest", "c"), contact_erased(customer="planted-guest"))

    answer = await notify.get("/v1/customers/c/preferences")
    assert answer.json()["channels"]["email"]["has_address"]


OLD, NEW = contact(3, email=OTHER_MAIL), contact(5, email=MAIL, recorded_time=NOON + timedelta(days=2))
ERASED, BACK = erased(profile_version=3, days=1), readmitted(recorded_time=NOON + timedelta(days=2))
# The erasure and the tombstone lie on two topics.
ARRIVALS = {
    "contacts first": [OLD, contact_erased(), NEW, ERASED, BACK],
    "contacts last": [ERASED, BACK, OLD, contact_erased(), NEW],
    "the erasure in between": [OLD, ERASED, contact_erased(), NEW, BACK],
    "the readmission in between": [OLD, ERASED, BACK, contact_erased(), NEW],
}


@pytest.mark.parametrize("events", ARRIVALS.values(), ids=list(ARRIVALS))
async def test_a_contact_from_after_the_readmission_stays_whichever_topic_comes_first(notify, events):
    await tell(notify, *events)

    row = await notify.database.worker.fetchrow("SELECT email, contact_version, erased_at FROM customers")
    assert tuple(row) == (MAIL, 5, None)


async def test_a_readmitted_customer_begins_anew(notify):
    await live(notify)
    await tell(notify, *erasures(*BOTH, profile_version=4))
    later = {"recorded_time": NOON + timedelta(days=2)}
    await tell(notify, *(readmitted(id_, **later) for id_ in BOTH))
    assert (await notify.messages()) == []

    await tell(notify, contact(6, email=MAIL, **later), posted(9, 7, **later), posted(73_100, 6), crossed(**later))
    answer = await notify.get("/v1/customers/c/preferences")
    assert answer.json()["channels"]["email"]["has_address"]
    row = await notify.database.worker.fetchrow("SELECT points, own_consents FROM customers WHERE customer_id = 'c'")
    assert tuple(row) == (9, {})
    assert len(await notify.messages()) == 1


async def read_again(notify: Notify, heard: list[Event], first: str = "ingest.events") -> None:
    """The groups of a rebuild, one after the other; the topic ``first`` before the others."""
    for group, read in SERVICE.rebuild_subscriptions.items():
        events = sorted((one for one in heard if one.type in read.types), key=lambda one: topic_of(one.type) != first)
        for place, told in enumerate(events):
            topic = topic_of(told.type)
            record = Record(topic, 0, place, told.partition_key, encode(told))
            async with transaction(notify.database.worker) as connection:
                await as_process(read, group, PARTITIONS, retention=None)([record], connection, notify.clock.now())
    await decide_the_rest(notify.context)


async def test_a_rebuild_that_reads_contacts_first_brings_back_nothing_that_an_alias_had(
    notify, make_database, postgres
):
    """What is in doubt is cleared: the readmitted customer is written to again after ingest's next snapshot."""
    later = {"recorded_time": NOON + timedelta(days=2)}
    heard = [shop_updated(), *await live(notify), *erasures(*BOTH, profile_version=4)]
    heard += [*(readmitted(id_, **later) for id_ in BOTH), contact(6, email=None, **later)]
    async with notify_service(await make_database("notify")) as again:
        await read_again(again, heard, "ingest.contacts")

        assert await look_for(PLANTED, postgres, again.database) == set()
        assert await again.invariant_violations() == []


@pytest.mark.parametrize("comes_again", [False, True])
async def test_a_rebuild_ends_erased_and_withdrawals_still_count(notify, make_database, postgres, comes_again):
    heard = [shop_updated(), *await others(notify), *await live(notify)]
    await say(notify, "c", email="withdrawn")
    erasing = erasures(*BOTH, profile_version=4)
    later = {"recorded_time": NOON + timedelta(days=2)}
    if comes_again:
        erasing += [*(readmitted(id_, **later) for id_ in BOTH), contact(6, email="new@example.test", **later)]
    await tell(notify, *erasing)
    await notify.news()
    heard += [*erasing, *notify.published]
    async with notify_service(await make_database("notify")) as again:
        await read_again(again, heard)

        words = "SELECT * FROM address_consents ORDER BY 1, 2, 3"
        assert await again.database.worker.fetch(words) == await notify.database.worker.fetch(words)
        assert await look_for(PLANTED, postgres, again.database) == set()
        assert not [row for row in (await rows_of(postgres, again.database))["sends"] if row["customer_id"] != "other"]
        emails = "SELECT customer_id, email, erased_at IS NULL FROM customers ORDER BY 1"
        assert await again.database.worker.fetch(emails) == await notify.database.worker.fetch(emails)
        assert await again.invariant_violations() == []


@pytest.mark.parametrize("seed", range(10))
async def test_in_whatever_order_it_comes_a_person_ends_erased_and_others_keep_what_is_theirs(notify, postgres, seed):
    random = Random(seed)
    erasing = {one.customer_id: one for one in erasures(*BOTH, profile_version=4)}
    of_person = {
        "ingest.events": {
            "c": [paid("o", days=-40), profile(4, locale="fa-planted"), *merges("planted-guest", "c")[1:]],
            "planted-guest": [paid("p", days=-41, customer="planted-guest"), *merges("planted-guest", "c")[:1]],
        },
        "ingest.contacts": {
            "c": [contact(2, email=OTHER_MAIL), contact(3, email=MAIL, name=NAME), contact_erased()],
            "planted-guest": [
                contact(2, email=OTHER_MAIL, phone=PHONE, customer="planted-guest"),
                contact_erased(customer="planted-guest"),
            ],
        },
        "loyalty.events": {"c": [posted(73_100, 5, tier="planted-tier"), expiring(73_100)], "planted-guest": []},
        "churn.events": {"c": [crossed(), left()], "planted-guest": [crossed(customer="planted-guest")]},
    }
    for id_, event in erasing.items():
        queue = of_person["ingest.events"][str(id_)]
        queue.insert(random.randrange(len(queue) + 1), event)
    await others(notify)
    before = await of_others(postgres, notify)
    while queues := [(topic, queue) for topic, ids in of_person.items() for queue in ids.values() if queue]:
        topic, queue = random.choice(queues)
        size = random.randrange(1, 3)
        batch, queue[:size] = queue[:size], []
        await notify.deliver(*batch, topic=topic)
        if random.random() < 0.3:
            await notify.deliver(*batch, topic=topic)
        if random.random() < 0.2:
            await notify.send_out()
    await notify.news()

    assert await look_for(PLANTED, postgres, notify.database) == set()
    assert await of_others(postgres, notify) == before
    assert await notify.send_out() == []
