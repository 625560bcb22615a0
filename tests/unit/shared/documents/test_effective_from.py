"""The instant at which a version takes effect: whatever a request may say, it is UTC and can be stored and read."""

from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import TypeAdapter, ValidationError

from mandegar.documents.routes import EffectiveFrom

ADAPTER: TypeAdapter[datetime | None] = TypeAdapter(EffectiveFrom)
FIRST, LAST = datetime.min.replace(tzinfo=UTC), datetime.max.replace(tzinfo=UTC)
MINUTES = st.integers(-23 * 60 - 59, 23 * 60 + 59)


@given(st.datetimes(), MINUTES)
def test_an_instant_is_taken_as_utc_if_it_can_be_stored(at, offset):
    at = at.replace(tzinfo=timezone(timedelta(minutes=offset)))
    if FIRST <= at <= LAST:
        taken = ADAPTER.validate_python(at.isoformat())
        assert taken == at
        assert taken is not None
        assert taken.tzinfo is UTC
    else:
        with pytest.raises(ValidationError):
            ADAPTER.validate_python(at.isoformat())


@pytest.mark.parametrize(
    "text",
    [
        "9999-12-31T23:59:59-12:00",  # PostgreSQL stores the year 10000, which Python cannot read
        "0001-01-01T00:00:00+14:00",
        "2027-01-01T00:00:00",
        "2027-01-01",
        "infinity",
        "1e10",
        "",
    ],
)
def test_other_instants_are_refused(text):
    with pytest.raises(ValidationError):
        ADAPTER.validate_python(text)


def test_an_odd_offset_is_taken():
    """PostgreSQL refuses offsets of 16 hours and more in a text."""
    assert ADAPTER.validate_python("2027-01-01T00:00:00-23:59") == datetime(2027, 1, 1, 23, 59, tzinfo=UTC)
