"""Who may be referred, what a person looks at, and what becomes of it when customers are merged or erased."""

from random import Random

import pytest

from builders.customers import profile
from builders.erasures import erased, readmitted
from builders.merges import merges
from builders.orders import paid, refund
from builders.referrals import claimed, paid_with
from harness.loyalty_rebuilding import compare, rebuilt
from harness.loyalty_service import Loyalty
from harness.referring import code_id_of, deliver, hear_itself, open_club, pass_time, points, referral


@pytest.fixture
async def club(loyalty: Loyalty) -> Loyalty:
    await open_club(loyalty)
    await deliver(loyalty, paid("r-1", customer="ref", days=-30))
    return loyalty


async def referred(club: Loyalty, friend: str = "friend", *, of: str = "ref", **order) -> str:
    """A friend who came by a code and ordered; the pseudonym of the code."""
    code = await code_id_of(club, of)
    await deliver(club, paid_with(f"o-{friend}", 2_000_000, code_id=code, customer=friend, hours=0.5, **order))
    return code


async def state(club: Loyalty, friend: str) -> tuple[str, list[str]]:
    body = (await referral(club, friend))["referred"]
    return body["state"], body["reasons"]


async def in_review(club: Loyalty) -> list[dict[str, object]]:
    answer = await club.ask("GET", "/v1/referrals?state=review", "points:adjust")
    assert answer.status_code == 200, answer.text
    found: list[dict[str, object]] = answer.json()["referrals"]
    return found


async def decide(club: Loyalty, referral_id: object, verb: str) -> int:
    answer = await club.ask("POST", f"/v1/referrals/{referral_id}/{verb}", "points:adjust")
    await hear_itself(club, await club.news())
    await pass_time(club, seconds=1)  # a decision is dated behind what was settled
    return int(answer.status_code)


async def test_who_has_ordered_before_is_no_new_customer(club):
    code = await code_id_of(club, "ref")
    await deliver(club, paid("old", customer="friend", days=-9), claimed(code, customer="friend", hours=0.2))
    await pass_time(club, days=60)

    assert await state(club, "friend") == ("refused", ["not_a_new_customer"])
    assert (await referral(club, "ref"))["counts"] == {"refused": 1}


async def test_an_earlier_order_that_arrives_late_takes_the_points_back(club):
    await referred(club)
    await pass_time(club, days=8)
    await deliver(club, paid("old", customer="friend", days=-9))

    assert (await points(club, "friend"), await points(club, "ref")) == (0, 0)
    assert await club.invariant_violations() == []


async def test_the_first_code_counts_whichever_arrives_first(club):
    await deliver(club, paid("r-2", customer="other", days=-30))
    first, second = await code_id_of(club, "ref"), await code_id_of(club, "other")
    await deliver(club, claimed(second, customer="friend", hours=0.4))
    await deliver(club, paid("o", 2_000_000, customer="friend", hours=0.5))
    await pass_time(club, days=8)
    assert (await points(club, "ref"), await points(club, "other")) == (0, 200)

    await deliver(club, claimed(first, customer="friend", hours=0.3))
    assert (await points(club, "ref"), await points(club, "other"), await points(club, "friend")) == (200, 0, 100)
    assert await club.invariant_violations() == []


async def test_an_unknown_code_is_refused_and_keeps_no_other_away(club):
    await deliver(club, claimed("h_" + "0" * 32, customer="friend", hours=0.1))
    await referred(club)

    assert (await state(club, "friend"))[0] == "ordered"


async def test_nobody_refers_themselves_by_a_code_of_their_own(club):
    await deliver(club, paid("o", customer="me", hours=0.5))
    code = await code_id_of(club, "me")
    await deliver(club, claimed(code, customer="me", hours=0.1))
    await pass_time(club, days=60)

    assert await state(club, "me") == ("refused", ["own_code"])
    assert await points(club, "me") == 0


async def test_of_two_who_refer_each_other_the_first_counts(club):
    await deliver(club, paid("x", 100_000, customer="a", hours=0.5), paid("y", 100_000, customer="b", hours=0.5))
    of_a, of_b = await code_id_of(club, "a"), await code_id_of(club, "b")
    await deliver(club, claimed(of_a, customer="b", hours=0.1))
    await deliver(club, claimed(of_b, customer="a", hours=0.2))

    assert (await state(club, "a"), await state(club, "b")) == (
        ("refused", ["circle"]),
        ("waiting", ["below_minimum_spend"]),
    )


@pytest.mark.parametrize("into", ["friend", "ref"])
async def test_who_turns_out_to_be_the_referrer_gives_the_points_back(club, make_database, into):
    code = await code_id_of(club, "g_ref" if into == "friend" else "ref") if into == "ref" else None
    heard = [paid("r-1", customer="ref", days=-30)]
    referrer = "ref"
    if into == "friend":  # only a guest is merged into another one
        referrer = "g_1"
        heard.append(paid("r-2", customer=referrer, days=-20))
        await deliver(club, heard[-1])
        code = await code_id_of(club, referrer)
    friend = "friend" if into == "friend" else "g_2"
    heard.append(paid_with("o", 2_000_000, code_id=code, customer=friend, hours=0.5))
    await deliver(club, heard[-1])
    await pass_time(club, days=8)
    assert (await points(club, friend), await points(club, referrer)) == (100, 200)

    alias, root = (referrer, friend) if into == "friend" else (friend, referrer)
    for event in merges(alias, root):
        heard.append(event)
        await deliver(club, event)
    await pass_time(club, days=1)

    assert await points(club, root) == 0
    assert (await club.balance(root))["debt"] == 0
    assert await club.invariant_violations() == []
    async with rebuilt(make_database, club, heard, Random(1)) as again:
        await compare(club, again)


async def test_a_merged_friend_and_a_merged_referrer_keep_what_they_have(club, make_database):
    heard = [paid("r-1", customer="ref", days=-30), paid("r-2", customer="g_1", days=-20)]
    await deliver(club, heard[-1])
    code = await code_id_of(club, "g_1")
    heard.append(paid_with("o", 2_000_000, code_id=code, customer="g_2", hours=0.5))
    await deliver(club, heard[-1])
    await pass_time(club, days=4)
    heard += [*merges("g_1", "ref"), *merges("g_2", "friend")]
    await deliver(club, *heard[-4:])
    await pass_time(club, days=4)
    assert (await points(club, "friend"), await points(club, "ref")) == (100, 200)

    heard.append(refund("o", 1_900_000, customer="friend", days=8))
    await deliver(club, heard[-1])
    assert (await points(club, "friend"), await points(club, "ref")) == (0, 0)
    assert await club.invariant_violations() == []
    async with rebuilt(make_database, club, heard, Random(1)) as again:
        await compare(club, again)


async def test_a_referrer_keeps_the_points_of_a_friend_who_is_erased(club, make_database):
    code = await referred(club)
    heard = [
        paid("r-1", customer="ref", days=-30),
        paid_with("o-friend", 2_000_000, code_id=code, customer="friend", hours=0.5),
        erased("friend", days=8),
    ]
    await pass_time(club, days=8)
    await deliver(club, heard[-1])

    assert await points(club, "ref") == 200
    rows = await club.database.worker.fetch("SELECT * FROM referrals")
    assert rows == []
    assert await club.invariant_violations() == []
    async with rebuilt(make_database, club, heard, Random(1)) as again:
        await compare(club, again)


async def test_a_friend_keeps_the_points_of_a_referrer_who_is_erased(club, make_database):
    code = await referred(club)
    heard = [
        paid("r-1", customer="ref", days=-30),
        paid_with("o-friend", 2_000_000, code_id=code, customer="friend", hours=0.5),
        erased("ref", days=1),
        readmitted("ref", days=2),
    ]
    await deliver(club, heard[-2])
    await pass_time(club, days=8)
    assert await points(club, "friend") == 100
    await deliver(club, heard[-1], paid("r-3", customer="ref", days=8))
    heard.append(paid("r-3", customer="ref", days=8))
    assert (await points(club, "ref"), await code_id_of(club, "ref") == code) == (0, False)
    assert await club.invariant_violations() == []
    async with rebuilt(make_database, club, heard, Random(1)) as again:
        await compare(club, again)


@pytest.mark.parametrize("signal", ["same_phone", "same_payment", "same_address", "many_claims"])
async def test_signs_of_abuse_lead_to_a_person_who_decides(club, make_database, signal):
    code = await code_id_of(club, "ref")
    heard = [paid("r-1", customer="ref", days=-30)]
    order = {}
    if signal == "same_phone":
        heard += [profile(1, phone_id="g_phone", customer=who) for who in ("ref", "friend")]
    elif signal == "many_claims":
        heard += [claimed(code, f"c-{n}", customer=f"f-{n}", hours=0.1) for n in range(5)]
    else:
        order = {"payer" if signal == "same_payment" else "ship_to": "h_1"}
        heard.append(paid_with("r-2", customer="ref", days=-1, **order))
    heard.append(paid_with("o", 2_000_000, code_id=code, customer="friend", hours=0.5, **order))
    await deliver(club, *heard[1:])
    await pass_time(club, days=8)
    assert await state(club, "friend") == ("review", [signal])
    [row] = await in_review(club)
    assert (row["customer_id"], row["referrer_id"], row["reasons"]) == ("friend", "ref", [signal])
    assert (await points(club, "friend"), await points(club, "ref")) == (0, 0)

    assert await decide(club, row["referral_id"], "approve") == 200
    assert await decide(club, row["referral_id"], "approve") == 200
    assert (await points(club, "friend"), await points(club, "ref")) == (100, 200)
    assert await decide(club, row["referral_id"], "reject") == 200
    assert (await points(club, "friend"), await points(club, "ref")) == (0, 0)
    assert await state(club, "friend") == ("rejected", ["rejected_by_staff"])
    assert await club.invariant_violations() == []
    async with rebuilt(make_database, club, heard, Random(1)) as again:
        await compare(club, again)


async def test_what_pays_a_later_order_is_seen_as_well(club):
    code = await code_id_of(club, "ref")
    await deliver(club, paid_with("r-2", customer="ref", days=-1, payer="h_1"))
    await deliver(club, claimed(code, customer="friend", hours=0.1))
    assert (await state(club, "friend"))[0] == "waiting"
    await deliver(club, paid_with("o", 2_000_000, customer="friend", hours=0.5, payer="h_1"))

    assert await state(club, "friend") == ("review", ["same_payment"])


async def test_a_referrer_is_paid_for_as_many_friends_as_the_limit_says(club):
    for number in range(3):
        await referred(club, f"f-{number}")
    await deliver(club, paid("r-2", customer="f-9", hours=0.6))
    code = await code_id_of(club, "ref")
    await pass_time(club, days=6)
    await deliver(club, paid_with("o-late", 2_000_000, code_id=code, customer="late", days=6))
    await pass_time(club, days=7)

    sides = (await referral(club, "ref"))["referrals"]
    assert [(side["points"], side["reasons"]) for side in sides] == [(200, [])] * 4
    # Three in November, one in December.
    assert await points(club, "ref") == 800


async def test_repeated_reports_change_nothing(club):
    await referred(club)
    said = await club.pass_time(days=8)
    await hear_itself(club, said, times=3)
    reports = [event for event in club.published if event.type == "referral.reported"]
    for report in reversed(reports):
        await hear_itself(club, [report])

    assert (await points(club, "friend"), await points(club, "ref")) == (100, 200)


async def test_an_export_says_what_the_referrer_was_told_and_calls_nothing_of_it_a_badge(club):
    await referred(club)
    held = (await club.get("/v1/customers/friend/export", scope="customers:export")).json()["rows"]["orders"]
    facts = [fact for row in held if row["referral"] == "friend" for fact in row["facts"]]
    told = [fact for fact in facts if fact["kind"] == "told"]
    judged = [fact for fact in facts if fact["kind"] == "judged"]

    assert told
    assert judged
    assert {fact["about"] for fact in told} == {judged[0]["found"]}
    assert not [fact for fact in facts if "badge" in fact]


async def ring(club: Loyalty, size: int) -> list[str]:
    """Customers of whom each came by the code of the one before, and the first at last by that of the last one."""
    names = [f"ring-{place}" for place in range(size)]
    await deliver(club, *[claimed("nobody's", customer=name, name=f"first-{name}") for name in names])
    codes = [await code_id_of(club, name) for name in names]
    for place in [*range(1, size), 0]:
        hours = 0.5 + place / 100 if place else 0.9
        await deliver(club, claimed(codes[place - 1], customer=names[place], hours=hours, name=f"claim-{place}"))
    return names


@pytest.mark.parametrize("size", [3, 4, 12])
async def test_who_closes_a_ring_is_looked_at(club, size):
    names = await ring(club, size)

    assert [await state(club, name) for name in names[1:]] == [("waiting", ["no_order_yet"])] * (size - 1)
    assert await state(club, names[0]) == ("review", ["ring"])
    [row] = await in_review(club)
    assert (row["customer_id"], row["reasons"]) == (names[0], ["ring"])
    assert await club.invariant_violations() == []


async def test_a_ring_whose_claims_come_at_once_is_closed_by_the_latest_of_them(club):
    names = ["one", "two", "three"]
    await deliver(club, *[claimed("nobody's", customer=name, name=f"first-{name}") for name in names])
    codes = [await code_id_of(club, name) for name in names]
    claims = [
        claimed(codes[place - 1], customer=names[place], hours=0.5 + place / 100, name=f"at-once-{place}")
        for place in range(3)
    ]
    await deliver(club, *reversed(claims))

    assert [(await state(club, name))[0] for name in names] == ["waiting", "waiting", "review"]
