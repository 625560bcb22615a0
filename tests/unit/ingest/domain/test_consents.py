"""Each consent belongs to one address and to its time, whatever the order and the batches in which events arrive."""

from datetime import UTC, datetime, timedelta
from itertools import permutations

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ingest.domain.consents import FACTS_MAX, with_addresses, with_statements
from ingest.domain.profile import Profile, contact_snapshot, fold, read_profile
from ingest.domain.stamped import Stamped

DAY_1 = datetime(2026, 11, 1, tzinfo=UTC)


def day(number):
    return (DAY_1 + timedelta(days=number - 1)).isoformat()


def told(door, number, *, id_=None, **block):
    """What a ``customer.updated`` of a day states."""
    event = {"id": id_ or f"e{number}", "type": "customer.updated", "time": day(number), "customer": {"id": "c"}}
    return door.accepted({**event, "data": block}).patch


def consent_of(patches, channel="email"):
    """The consent that notify receives: status, day and address; the same in every order and batching, or a failure."""
    found = set()
    for arrival in permutations(patches):
        profile = Profile()
        for patch in arrival:
            profile = read_profile(fold(profile, [patch]).document)
        assert contact_snapshot(profile, 1) == contact_snapshot(fold(Profile(), arrival), 1)
        consent = contact_snapshot(profile, 1).consents.get(channel)
        found.add(consent and (consent.status, (consent.at - DAY_1).days + 1, consent.address, consent.flag))
    [only] = found
    return only


def dated(status, number):
    return {"email": {"status": status, "at": day(number)}}


YES, NO = {"email": True}, {"email": False}
A, B, IDN = "a@example.test", "b@example.test", "a@xn--bcher-kva.example"


@pytest.mark.parametrize(
    ("told_by_day", "expected"),
    [
        ([(1, A, YES)], ("granted", 1, A, True)),
        ([(1, A, YES), (2, B, None)], None),
        ([(1, A, YES), (2, B, YES)], ("granted", 2, B, True)),
        ([(1, A, YES), (2, B, dated("granted", 1))], None),
        ([(1, A, YES), (2, B, dated("granted", 2))], ("granted", 2, B, False)),
        ([(1, A, YES), (2, B, None), (3, A, None)], None),
        ([(1, A, YES), (2, None, None), (3, A, None)], None),
        # Without an address in its own part, a consent is about the address of its time.
        ([(1, A, None), (2, "", YES)], ("granted", 2, A, True)),
        ([(1, A, None), (2, "", YES), (3, B, None)], None),
        ([(1, A, None), (2, B, None), (3, "", dated("granted", 1))], None),
        ([(1, "", YES), (2, A, None)], ("granted", 1, A, True)),
        ([(1, "", YES), (2, A, None), (3, B, None)], None),
        ([(2, A, None), (3, "not an address", YES)], None),
        # A repeated flag is no news, a changed one is; a dated statement is a word of the customer.
        ([(1, A, YES), (2, A, YES), (3, A, YES)], ("granted", 1, A, True)),
        ([(1, A, YES), (2, A, NO), (3, A, NO)], ("withdrawn", 2, A, True)),
        ([(1, A, YES), (2, A, NO), (3, A, YES)], ("granted", 3, A, True)),
        ([(1, A, YES), (2, "", dated("withdrawn", 2)), (3, A, YES)], ("withdrawn", 2, A, False)),
        ([(1, A, NO), (2, "", dated("granted", 2)), (3, A, NO)], ("granted", 2, A, False)),
        ([(1, A, YES), (2, "", dated("granted", 2)), (3, A, NO)], ("withdrawn", 3, A, True)),
        ([(1, A, NO), (2, A, dated("granted", 2)), (3, A, YES), (4, A, NO)], ("withdrawn", 4, A, True)),
        ([(1, A, dated("withdrawn", 1)), (2, B, YES)], ("granted", 2, B, True)),
        # One address in other spellings.
        ([(1, "A@Bücher.Example", YES), (2, IDN, None)], ("granted", 1, IDN, True)),
    ],
)
def test_a_consent_belongs_to_the_address_it_was_given_for(door, told_by_day, expected):
    patches = [
        told(door, number, **({} if address == "" else {"email": address}), **({"consent": consent} if consent else {}))
        for number, address, consent in told_by_day
    ]

    assert consent_of(patches) == expected


def test_the_address_in_the_data_of_an_event_does_not_take_the_consent_from_beside_the_old_one(door):
    event = {
        "id": "e",
        "type": "customer.updated",
        "time": day(1),
        "customer": {"id": "c", "email": A, "consent": YES},
        "data": {"email": B},
    }

    assert consent_of([door.accepted(event).patch]) is None


def test_a_change_of_consent_with_a_time_is_dated_and_one_without_is_a_flag(door):
    def change(**more):
        event = {"id": "k", "type": "consent.changed", "customer": {"id": "c", "email": A}, **more}
        return door.accepted({**event, "data": {"channel": "email", "status": "granted"}}).patch["consent:email"].value

    assert change(time=day(1)) == {"status": "granted", "method": "shop", "flag": False, "address": A}
    assert change()["flag"] is True


def test_two_addresses_at_one_instant_leave_it_open_which_one_a_consent_was_for(door):
    at_once = [told(door, 1, id_=f"e{address}", email=address) for address in (A, B)]

    assert consent_of([*at_once, told(door, 1, id_="k", consent=YES)]) is None


def test_what_a_release_before_stored_is_published_as_before_until_it_is_stated_again(door):
    stored = {"email": [A, 5, "e"], "consent:email": [{"status": "granted", "method": "form"}, 3, "d"]}
    profile = read_profile(stored)
    consent = contact_snapshot(profile, 1).consents["email"]

    assert (consent.status, consent.method, consent.address) == ("granted", "form", None)
    changed = contact_snapshot(fold(profile, [told(door, 2, email=B)]), 2)
    assert changed.consents == {}
    assert changed.email_since == DAY_1 + timedelta(days=1)


def test_histories_are_bounded_and_a_customer_of_many_orders_keeps_the_consent_of_the_first(door):
    profile = Profile()
    for number in range(1, 28):
        consent = {"consent": dated("granted", 1) if number % 2 else YES} if number < 20 else {}
        profile = fold(profile, [told(door, number, email=A, **consent)])

    snapshot = contact_snapshot(profile, 1)
    assert (snapshot.consents["email"].at, snapshot.email_since) == (DAY_1, None)
    assert max(len(history) for history in profile.histories.values()) <= FACTS_MAX


def test_an_address_that_is_no_longer_known_takes_no_consent_of_its_time():
    history = with_addresses((), [Stamped(f"a{number}@example.test", number, "e") for number in range(FACTS_MAX + 5)])

    assert len(history) == FACTS_MAX
    assert (history[0].value, history[-1].value) == (None, f"a{FACTS_MAX + 4}@example.test")


def test_one_dated_statement_that_every_order_repeats_is_one_fact():
    value = {"status": "granted", "method": "form", "flag": False}

    assert len(with_statements((), [Stamped(value, 1, f"e{number}") for number in range(50)])) == 1


WRITTEN = st.tuples(
    st.integers(1, 6),
    st.sampled_from(["", A, B, "A@example.test", None, "broken"]),
    st.sampled_from([None, YES, NO, dated("granted", 1), dated("granted", 3), dated("withdrawn", 2)]),
)


@settings(max_examples=300, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(WRITTEN, max_size=7), st.data())
def test_nobody_has_consent_for_an_address_that_was_not_given_for_it(door, written, data):
    """Any history, order and batching: one end, and a grant only for an address for which somebody gave one."""
    patches = [
        told(door, number, id_=f"e{place}", **({} if address == "" else {"email": address}), consent=consent)
        for place, (number, address, consent) in enumerate(written)
    ]
    patches = [patch for patch in patches if patch]
    snapshot = contact_snapshot(fold(Profile(), patches), 1)
    profile = Profile()
    for patch in data.draw(st.permutations(patches)):
        profile = read_profile(
            fold(profile, [patch, *data.draw(st.lists(st.sampled_from(patches), max_size=2))]).document
        )

    assert contact_snapshot(profile, 1) == snapshot
    consent = snapshot.consents.get("email")
    if consent is not None and consent.status == "granted" and snapshot.email is not None:
        grants = [address for _, address, stated in written if stated == YES or "granted" in str(stated)]
        own = [address for address in grants if address and address.lower() == snapshot.email]
        assert own or "" in grants
        assert consent.address == snapshot.email
