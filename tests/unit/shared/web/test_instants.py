"""An instant of a request that UTC has no year for is refused in words, in whichever field it stands."""

import pytest
from pydantic import TypeAdapter, ValidationError

from ingest.desk.shops.schemas import PointsFrom
from ingest.reconciling.schemas import NewReconciliation
from loyalty.replays.schemas import ReplayRequest
from mandegar.web.paging import Instant

FIELDS = {
    "a parameter": (TypeAdapter(Instant), lambda text: text),
    "the cut-off of a shop": (TypeAdapter(PointsFrom), lambda text: text),
    "the period of a reconciliation": (
        TypeAdapter(NewReconciliation),
        lambda text: {"name": "f", "fingerprint": "9f86d081", "to": text},
    ),
    "the begin of a replay": (TypeAdapter(ReplayRequest), lambda text: {"version": 1, "from": text}),
}


@pytest.mark.parametrize("field", FIELDS)
def test_what_lies_beyond_the_years_of_utc_is_refused(field):
    adapter, written = FIELDS[field]

    adapter.validate_python(written("2026-11-22T10:00:00+03:30"))
    with pytest.raises(ValidationError, match="of the years 1 to 9999 in UTC"):
        adapter.validate_python(written("9999-12-31T23:59:59-14:00"))
