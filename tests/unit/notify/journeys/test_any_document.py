"""Whatever journey is accepted starts a message for every event of its type, and has a deadline."""

from datetime import UTC, datetime

from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import asdict

from harness.event_data import structs
from mandegar.documents.nodes import InvalidDocument
from mandegar.documents.rows import Version
from mandegar.events import data_type
from notify.domain.journey import deadline_of
from notify.journeys.document import check_journey, journey_of

NOON = datetime(2026, 11, 22, 8, 30, tzinfo=UTC)
FIELDS = [
    "crossed_at",
    "won_back_at",
    "changed_at",
    "last_order_at",
    "expires_at",
    "left_at",
    "band",
    "points",
    "risk",
    "previous",
    "reasons",
]
DURATIONS = ["P0D", "P3D", "P3650D", "P3651D", "PT12H", "P99999D", "-P1D"]
EVENTS = ["band.crossed", "points.expiring", "customer.won_back", "lifecycle.changed", "stage.changed"]


@st.composite
def documents(draw: st.DrawFn) -> tuple[str, str]:
    event, fields = draw(st.sampled_from(EVENTS)), st.sampled_from(FIELDS)
    since = draw(st.none() | fields)
    channel, template = draw(st.sampled_from([("email", "at_risk_offer"), ("sms", "points_expiring")]))
    trigger = f"{{event: {event}{f', since: {since}' if since else ''}}}"
    deadline = f"{{field: {draw(fields)}, after: {draw(st.sampled_from(DURATIONS))}}}"
    return event, (
        f"version: 1\ntrigger: {trigger}\nchannel: {channel}\ntemplate: {template}\n"
        f"send_no_later_than: {deadline}\ncooldown: {draw(st.sampled_from(DURATIONS))}\n"
    )


@given(documents(), st.data())
def test_whatever_journey_is_accepted_can_be_started(drawn: tuple[str, str], data: st.DataObject) -> None:
    event, text = drawn
    try:
        check_journey(text)
    except InvalidDocument:
        return
    journey = journey_of(Version("s", "name", 1, NOON, text, NOON))
    facts = asdict(data.draw(structs(data_type(event)))) | {"brought_over": False, "merged_into": None}

    assert journey.starts(event, facts)
    assert isinstance(deadline_of(journey, facts), datetime)
    assert journey.since is None or isinstance(facts[journey.since], datetime)
