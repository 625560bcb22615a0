"""Whatever stands in a coupon or a claim that is posted: it is refused with a code, or readers of the topic can read it
and store it.
"""

from datetime import UTC, datetime
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ingest.domain.candidates import Candidate, Refusal
from loyalty.coupons.opened import _row
from loyalty.referrals.apply import claim_told_by
from mandegar.database import as_json
from mandegar.events import decode, encode
from mandegar.events.referral_codes import made_code

MARKS = (
    "\u200e",
    "\u200f",
    "\u202e",
    "\u2066",
    "\u200c",
    "\ufeff",
    "\u00ad",
    "\x00",
    "\x1b",
    "\n",
    "\ud800",
    "\u0301",
    "۷",
    "٧",
)
CODES = st.sampled_from(["NOWRUZ-7Q4K", made_code(7), made_code(10**30), "'; DROP TABLE coupons; --", "%s{0}\\u0000"])


@st.composite
def words(draw: st.DrawFn) -> str:
    """A text in which marks that nobody sees, controls and halves of letters stand anywhere."""
    text = draw(CODES | st.text(max_size=80))
    for _ in range(draw(st.integers(0, 3))):
        place = draw(st.integers(0, len(text)))
        text = text[:place] + draw(st.sampled_from(MARKS)) + text[place:]
    return text


NUMBERS = st.one_of(
    st.integers(),
    st.integers(10**17, 10**40),
    st.floats(),
    st.decimals().map(str),
    st.sampled_from(["1e999999999", "-0", "0x1F", "۱۰۰", "1_000"]),
)
ANYTHING = (
    words()
    | NUMBERS
    | st.none()
    | st.booleans()
    | st.lists(words(), max_size=2)
    | st.dictionaries(words(), words(), max_size=2)
)
PLAUSIBLE = st.fixed_dictionaries(
    {"code": words() | ANYTHING},
    optional={
        "amount": NUMBERS,
        "percent": st.sampled_from([10, "12.5"]) | ANYTHING,
        "at_most": NUMBERS,
        "currency": st.just("IRR") | ANYTHING,
        "minimum_spend": NUMBERS,
        "reward": words(),
        "free_shipping": st.booleans(),
        "expires_at": words() | st.datetimes().map(str),
        "written_at": ANYTHING,
    },
)
SURE = st.fixed_dictionaries(
    {"code": CODES, "percent": st.just(10)}, optional={"reward": words(), "expires_at": words()}
)


@settings(max_examples=600, suppress_health_check=list(HealthCheck), deadline=None)
@given(data=PLAUSIBLE | SURE, kind=st.sampled_from(["coupon.opened", "referral.claimed"]))
def test_what_is_accepted_can_be_read_and_stored(door, data: dict[str, Any], kind: str) -> None:
    body = {"id": "e", "type": kind, "customer": {"id": "c"}, "data": data}
    arrival = door.one(body)

    assert isinstance(arrival, Candidate | Refusal), arrival
    if isinstance(arrival, Refusal):
        assert arrival.code
        return
    event = decode(encode(arrival.event))
    assert event == arrival.event
    if kind == "coupon.opened":
        row = _row(event)
        assert len(as_json([row])) < 2_000
        assert row.expires_at is None or row.expires_at > datetime(1, 1, 2, tzinfo=UTC)
    else:
        assert claim_told_by(event)[1].refund_id.startswith("h_")
