"""The arbiter: one decision, the first rule that objects, and the cap's rolling window."""

from dataclasses import replace
from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from notify.domain.arbiter import RULES, Allow, Case, Policy, Wait, Withhold, decide
from notify.domain.cap import Cap, is_reached
from notify.domain.quiet_hours import QuietHours

NOON = datetime(2026, 11, 22, 8, 30, tzinfo=UTC)  # in Tehran
DAY = timedelta(days=1)
POLICY = Policy(QuietHours(time(21), time(9)), Cap(2, 7))
FINE = Case(
    no_later_than=NOON + 3 * DAY,
    exited=False,
    nothing_bought=False,
    untrue=False,
    has_sender=True,
    sender_verified=True,
    has_address=True,
    can_receive=True,
    consent="granted",
    zone=ZoneInfo("Asia/Tehran"),
    cooldown=30 * DAY,
    sent=(),
    journey_sent=(),
    spread=timedelta(minutes=4),
)


def test_what_nothing_objects_to_goes_out():
    assert decide(FINE, POLICY, NOON) == Allow()


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"no_later_than": NOON}, "too_late"),
        ({"exited": True}, "exited"),
        ({"untrue": True}, "no_longer_true"),
        ({"nothing_bought": True}, "nothing_bought"),
        ({"has_address": False}, "no_address"),
        ({"consent": "unknown"}, "no_consent"),
        ({"consent": "withdrawn"}, "no_consent"),
        ({"zone": None}, "no_zone"),
        ({"journey_sent": (NOON - 29 * DAY,)}, "cooldown"),
        ({"sent": (NOON - DAY, NOON - 6 * DAY)}, "capped"),
        ({"journey_sent_to_address": (NOON - 29 * DAY,)}, "address_already_written"),
        ({"journey_sent_to_address": (NOON - DAY / 2,), "cooldown": timedelta()}, "address_already_written"),
        ({"sent": (NOON - DAY,), "sent_to_address": (NOON - 6 * DAY,)}, "address_already_written"),
        ({"sent_to_address": (NOON - DAY, NOON - 6 * DAY)}, "address_already_written"),
    ],
)
def test_each_rule_has_its_code(change, code):
    assert decide(replace(FINE, **change), POLICY, NOON) == Withhold(code)
    assert code in RULES


def test_at_night_it_waits_until_the_morning_and_a_little_more():
    night = NOON + timedelta(hours=10)

    assert decide(FINE, POLICY, night) == Wait(datetime(2026, 11, 23, 5, 34, tzinfo=UTC), "quiet_hours")


@pytest.mark.parametrize(
    ("change", "code"), [({"sender_verified": False}, "sender_unverified"), ({"has_sender": False}, "no_sender")]
)
def test_a_sender_that_is_missing_or_unverified_is_waited_for_until_the_deadline(change, code):
    without = replace(FINE, **change)

    assert decide(without, POLICY, NOON) == Wait(NOON + timedelta(minutes=15), code)
    last = replace(without, no_later_than=NOON + timedelta(minutes=15))
    assert decide(last, POLICY, NOON) == Withhold(code)
    assert code in RULES


def test_what_would_be_too_late_in_the_morning_is_withheld_at_night():
    night = NOON + timedelta(hours=10)

    assert decide(replace(FINE, no_later_than=night + timedelta(hours=2)), POLICY, night) == Withhold("too_late")


def test_messages_older_than_the_window_leave_the_cap():
    assert decide(replace(FINE, sent=(NOON - DAY, NOON - 7 * DAY)), POLICY, NOON) == Allow()


def test_no_cap_is_not_a_cap_of_zero():
    assert not is_reached(None, [NOON] * 100, NOON)
    assert is_reached(Cap(0, 1), [], NOON)


@given(st.lists(st.integers(0, 60 * 24), max_size=40), st.integers(0, 4), st.integers(1, 9))
def test_no_rolling_window_ever_holds_more_than_the_cap(hours, messages, days):
    cap = Cap(messages, days)
    sent = []
    for hour in sorted(hours):
        at = NOON + timedelta(hours=hour)
        if not is_reached(cap, sent, at):
            sent.append(at)

    for end in sent:
        assert sum(1 for at in sent if end - timedelta(days=days) < at <= end) <= messages


@given(
    st.booleans(), st.booleans(), st.sampled_from(["granted", "withdrawn", "unknown"]), st.integers(-3, 6),
    st.lists(st.integers(0, 240), max_size=4),
)  # fmt: skip
def test_nothing_is_sent_against_a_rule(exited, has_address, consent, hours, sent):
    now = NOON + timedelta(hours=hours * 5)
    case = replace(
        FINE, exited=exited, has_address=has_address, consent=consent, sent=[NOON - timedelta(hours=h) for h in sent]
    )

    if decide(case, POLICY, now) == Allow():
        assert consent == "granted"
        assert has_address
        assert not exited
        assert 9 <= now.astimezone(case.zone).hour < 21
        assert sum(1 for at in case.sent if at > now - 7 * DAY) < 2
