"""Consents that a shop moves in with, from the door of a historical source to what notify answers.

Ingest and notify are real, each on its database; what one publishes the other applies, in either order.
"""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import timedelta
from itertools import permutations

import pytest

from builders.bodies import order_body
from harness.ingest_service import NOON, SHOP, Ingest, ingest_service
from harness.notify_service import Notify, notify_service

MAIL, OLD_MAIL = "sara@example.test", "sara.old@example.test"
GIVEN = "2019-05-04T09:30:00Z"
JOINED, MOVED = "2015-03-01T00:00:00Z", "2026-11-20T00:00:00Z"
UNKNOWN = ("unknown", None, None)


@dataclass
class Both:
    ingest: Ingest
    notify: Notify
    historical: str

    async def moves_in(self, consent, *, type_="customer.updated", time=MOVED, **customer):
        """A row of the file of customers, as an import sends it."""
        block = {"id": "c", "email": MAIL, "consent": {"email": consent}, **customer}
        event = {"id": "customer c", "type": type_, "time": time, "customer": block, "data": {}}
        await self._send(event, self.historical)

    async def earlier_order(self, email, time):
        await self._send({**order_body(id="old", time=time), "customer": {"id": "c", "email": email}}, self.historical)

    async def shop_says(self, flag, number=0):
        """The shop's platform goes on sending what it has stored."""
        at = (NOON - timedelta(hours=1) + timedelta(minutes=number)).isoformat()
        block = {"id": "c", "email": MAIL} | ({} if flag is None else {"consent": {"email": flag}})
        await self._send({**order_body(id=f"e{number}", time=at), "customer": block}, self.ingest.key)

    async def _send(self, event, key):
        answer = await self.ingest.send(event, key=key)
        assert answer.json()["results"][0]["status"] in ("accepted", "duplicate"), answer.text

    async def preferences(self, backwards=False):
        """Consent, since when and how; after what ingest has published, perhaps the newest of it first."""
        told = [event for event in await self.ingest.news() if event.type == "contact.updated"]
        for event in reversed(told) if backwards else told:
            await self.notify.deliver(event, topic="ingest.contacts")
        answer = await self.notify.ask("GET", "/v1/customers/c/preferences", shop=SHOP)
        assert answer.status_code == 200, answer.text
        mail = answer.json()["channels"]["email"]
        return mail["consent"], mail["since"], mail["method"]


@pytest.fixture
async def both(make_database) -> AsyncIterator[Both]:
    async with (
        ingest_service(await make_database("ingest")) as ingest,
        notify_service(await make_database("notify")) as notify,
    ):
        source = await ingest.make_source(historical=True)
        yield Both(ingest, notify, source["key"])
        assert await notify.invariant_violations() == []


async def in_order(both, order, consent, flags, **row):
    """The import before, between or behind what the shop sends."""
    steps = {"row": lambda: both.moves_in(consent, **row)}
    steps |= {
        str(place): lambda place=place, flag=flag: both.shop_says(flag, place) for place, flag in enumerate(flags)
    }
    for name in order:
        await steps[name]()


ORDERS = [*permutations(["row", "0"])]


@pytest.mark.parametrize("backwards", [False, True])
@pytest.mark.parametrize("order", ORDERS)
@pytest.mark.parametrize("row", [{}, {"type_": "customer.signed_up", "time": JOINED}])
@pytest.mark.parametrize(
    ("consent", "flag", "expected"),
    [
        ({"status": "denied", "at": GIVEN, "method": "signup_form"}, True, ("withdrawn", GIVEN, "signup_form")),
        ({"status": "withdrawn", "at": GIVEN, "method": "footer_link"}, True, ("withdrawn", GIVEN, "footer_link")),
        ({"status": "unsubscribed", "at": GIVEN, "method": "footer_link"}, True, ("withdrawn", GIVEN, "footer_link")),
        # Evidence that cannot be kept does not make a withdrawal void.
        ({"status": "denied", "at": GIVEN, "method": "by phone, to Ali"}, True, ("withdrawn", GIVEN, "shop")),
        ({"status": "granted", "at": GIVEN, "method": "checkout_box"}, True, ("granted", GIVEN, "checkout_box")),
        ({"status": "granted", "at": GIVEN, "method": "by phone, to Ali"}, None, UNKNOWN),
        ({"status": "granted", "at": "long ago"}, None, UNKNOWN),
        ({"status": "granted", "at": "2099-01-01T00:00:00Z"}, None, ("granted", "2026-11-22T12:00:00Z", "shop")),
    ],
)
async def test_a_consent_arrives_as_it_was_given(both, order, backwards, row, consent, flag, expected):
    """``flag``: what the shop goes on sending beside the address; None: nothing."""
    await in_order(both, order, consent, [flag], **row)

    assert await both.preferences(backwards) == expected


@pytest.mark.parametrize("order", ORDERS)
async def test_a_later_withdrawal_by_flag_counts_from_its_own_time(both, order):
    await in_order(both, order, {"status": "granted", "at": GIVEN, "method": "checkout_box"}, [False])

    assert await both.preferences() == ("withdrawn", "2026-11-22T11:00:00Z", "shop")


@pytest.mark.parametrize("order", ORDERS)
async def test_a_withdrawal_whose_date_cannot_be_read_counts_from_the_time_of_its_row(both, order):
    await in_order(both, order, {"status": "denied", "at": "۱۳۹۸/۰۲/۱۴"}, [True])

    assert await both.preferences() == ("withdrawn", MOVED, "shop")


@pytest.mark.parametrize("first", [False, True])
async def test_however_often_flags_change_afterwards_a_denial_stands(both, first):
    denied = {"status": "denied", "at": GIVEN, "method": "signup_form"}
    if first:
        await both.moves_in(denied)
    for number in range(31):
        await both.shop_says(number % 2 == 0, number)
        if number == 15 and not first:
            await both.moves_in(denied)

    assert (await both.preferences())[0] == "withdrawn"


@pytest.mark.parametrize("order", [*permutations(["old", "row", "live"])])
async def test_a_denial_for_the_present_address_stands_though_an_older_order_names_another(both, order):
    """The file of orders has the address of then, and that of customers the present one, without since when."""
    steps = {
        "old": lambda: both.earlier_order(OLD_MAIL, "2017-01-01T00:00:00Z"),
        "row": lambda: both.moves_in({"status": "denied", "at": GIVEN, "method": "signup_form"}),
        "live": lambda: both.shop_says(True),
    }
    for name in order:
        await steps[name]()

    assert await both.preferences() == ("withdrawn", GIVEN, "signup_form")


async def test_the_evidence_is_in_an_export(both):
    await both.moves_in({"status": "denied", "at": GIVEN, "method": "signup_form"})
    await both.preferences()
    exported = (await both.notify.ask("GET", "/v1/customers/c/export", "customers:export", shop=SHOP)).text

    assert "signup_form" in exported
    assert "2019-05-04T09:30:00" in exported


async def test_the_same_row_again_changes_nothing(both):
    for _ in range(2):
        await both.moves_in({"status": "denied", "at": GIVEN, "method": "signup_form"})
        await both.shop_says(True)

    assert await both.preferences() == ("withdrawn", GIVEN, "signup_form")
