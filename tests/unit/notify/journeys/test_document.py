"""A journey's document is read exactly, or refused with every error and its line."""

from datetime import timedelta
from decimal import Decimal

import pytest

from mandegar.documents.nodes import InvalidDocument
from mandegar.documents.rows import BEGINNING, Version
from notify.domain.journey import Condition, Deadline, Journey, Offer
from notify.journeys.built_in import built_in_versions
from notify.journeys.document import check_journey, journey_of

GOOD = """\
version: 1
enabled: true
trigger:
  event: band.crossed
  when: {band: at_risk, horizon_days: {at_least: 28}}
  since: crossed_at
channel: email
template: at_risk_offer
send_no_later_than: {field: crossed_at, after: P3D}
cooldown: P30D
exits: [order.paid]
needs: [points]
offer: {code: BAHAR40, amount: 500000, currency: IRR, valid: P14D}
"""


def parse(text: str) -> Journey:
    check_journey(text)
    return journey_of(Version("s", "offer", 3, BEGINNING, text, BEGINNING))


def errors(text: str) -> list[tuple[int, str]]:
    with pytest.raises(InvalidDocument) as caught:
        check_journey(text)
    return [tuple(error) for error in caught.value.errors]


def test_a_journey_is_read_whole():
    assert parse(GOOD) == Journey(
        name="offer",
        version=3,
        effective_from=BEGINNING,
        enabled=True,
        event="band.crossed",
        conditions=(Condition("band", equals="at_risk"), Condition("horizon_days", at_least=28)),
        since="crossed_at",
        channel="email",
        template="at_risk_offer",
        no_later_than=Deadline("crossed_at", timedelta(days=3)),
        cooldown=timedelta(days=30),
        exits=frozenset({"order.paid"}),
        needs=frozenset({"points"}),
        offer=Offer("BAHAR40", Decimal(500000), "IRR", timedelta(days=14)),
    )


@pytest.mark.parametrize("name", built_in_versions())
def test_a_built_in_journey_would_be_accepted_from_a_shop(name):
    document = built_in_versions()[name].document

    check_journey(document)
    assert journey_of(built_in_versions()[name]).enabled == (name != "welcome_back")


def test_a_journey_is_switched_off_by_its_document():
    assert not parse(GOOD.replace("enabled: true", "enabled: false")).enabled
    assert parse(GOOD.replace("enabled: true\n", "")).enabled


@pytest.mark.parametrize("missing", ["version", "trigger", "channel", "template", "send_no_later_than"])
def test_a_document_without_what_it_needs_is_refused(missing):
    sections = GOOD.replace("\n  ", " \\").splitlines()
    text = "\n".join(line for line in sections if not line.startswith(missing)).replace(" \\", "\n  ")

    assert errors(text) == [(1, f"the key {missing} is missing")]


@pytest.mark.parametrize(
    ("old", "new", "line", "message"),
    [
        ("band.crossed", "order.shipped", 4, "trigger.event: must be band.crossed, customer.won_back, lif"),
        ("band: at_risk", "band: hopeless", 5, "trigger.when.band: must be one of healthy, cooling, at_risk, lost"),
        ("band: at_risk", "mood: bad", 5, "trigger.when.mood: mood is not usable here"),
        ("at_least: 28", "at_least: some", 5, "trigger.when.horizon_days.at_least: must be a whole number from 0"),
        ("{at_least: 28}", "28", 5, "trigger.when.horizon_days: horizon_days is not a text"),
        ("band: at_risk", "band: {at_least: 1}", 5, "trigger.when.band: band is not a whole number"),
        ("{at_least: 28}", "{at_most: 28}", 5, "trigger.when.horizon_days.at_most: unknown key"),
        ("since: crossed_at", "since: band", 6, "trigger.since: band is not usable here; fields of band.crossed"),
        ("channel: email", "channel: fax", 7, "channel: must be email or sms"),
        ("template: at_risk_offer", "template: none", 8, "template: unknown template; templates of email: at_risk"),
        ("template: at_risk_offer", "template: ../at_risk_offer", 8, "template: unknown template"),
        ("field: crossed_at", "field: last_order_at", 9, "send_no_later_than.field: last_order_at is not usable here"),
        ("field: crossed_at", "field: expires_at", 9, "send_no_later_than.field: expires_at is not usable here"),
        ("cooldown: P30D", "cooldown: a month", 10, "cooldown: must be an ISO 8601 duration"),
        ("[order.paid]", "[order.placed]", 11, "exits.0: must be order.paid"),
        ("[points]", "[money]", 12, "needs.0: must be points"),
        ("currency: IRR", "currency: rial", 13, "offer.currency: must be a text of 3 to 3 characters"),
        ("amount: 500000", "amount: -1", 13, "offer.amount: must be a number from 0 to 1000000000000000"),
        ("enabled: true", "enabled: perhaps", 2, "enabled: must be"),
        ("cooldown:", "cooldwn:", 10, "cooldwn: unknown key; allowed keys: version, enabled"),
    ],
)  # fmt: skip
def test_what_a_document_may_not_say_is_refused_with_its_line(old, new, line, message):
    found = errors(GOOD.replace(old, new, 1))

    assert {at for at, _ in found} == {line}
    assert any(told.startswith(message) for _, told in found)


def test_a_template_that_shows_what_the_event_does_not_carry_is_refused():
    text = GOOD.replace("channel: email", "channel: sms").replace(
        "template: at_risk_offer", "template: points_expiring"
    )

    assert errors(text) == [(8, "template: this template shows data that band.crossed does not carry")]


def test_all_errors_are_told_at_once():
    text = GOOD.replace("P30D", "long").replace("channel: email", "channel: fax").replace("order.paid", "order.placed")

    assert [line for line, _ in errors(text)] == [7, 10, 11]


@pytest.mark.parametrize(
    ("text", "expected"),
    [("P3D", timedelta(days=3)), ("PT12H", timedelta(hours=12)), ("P1DT30M", timedelta(days=1, minutes=30))],
)
def test_durations_are_iso_8601(text, expected):
    assert parse(GOOD.replace("P30D", text)).cooldown == expected


@pytest.mark.parametrize(
    "text",
    ["''", "P", "3D", "P1M", "P-1D", "PT", "P1W", "P1Y", "PT30S", "-P1D", "+P1D", "PT1.5H", "p3d", "P٣D", "3", "[P3D]"],
)
def test_a_duration_that_is_none_is_refused(text):
    [(line, message)] = errors(GOOD.replace("P30D", text))

    assert (line, message) == (
        10, "cooldown: must be an ISO 8601 duration of days, hours and minutes, such as P3D or PT12H"
    )  # fmt: skip


def test_a_duration_of_more_than_ten_years_is_refused():
    assert errors(GOOD.replace("P30D", "P3651D")) == [(10, "cooldown: must be at most P3650D")]
    assert errors(GOOD.replace("P30D", "P99999999999999999999D"))[0][0] == 10


def test_a_journey_of_segments_names_one_and_one_of_lifecycles_a_change_that_is_told():
    of_segments = GOOD.replace("band.crossed", "segment.entered").replace("crossed_at", "entered_at")
    of_lives = GOOD.replace("band.crossed", "lifecycle.changed").replace("crossed_at", "changed_at")

    assert errors(of_segments.replace("{band: at_risk, horizon_days: {at_least: 28}}", "{version: {at_least: 1}}")) == [
        (5, "trigger.when: name the segment, such as {segment: vip}")
    ]
    parse(of_segments.replace("{band: at_risk, horizon_days: {at_least: 28}}", "{segment: مشتریان ویژه}"))
    assert errors(of_lives.replace("band: at_risk, horizon_days: {at_least: 28}", "lifecycle: at_risk")) == [
        (5, "trigger.when: lifecycle.changed never tells of at_risk: begin at band.crossed with {band: at_risk}")
    ]
    parse(of_lives.replace("band: at_risk, horizon_days: {at_least: 28}", "lifecycle: active"))
