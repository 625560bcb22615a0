"""The events of a request all at once, as a door reads them slice by slice."""

from starlette.datastructures import Headers

from ingest.domain.candidates import Arrival
from ingest.domain.normalise import Reading
from ingest.doors import read_events as slices
from ingest.doors.door import Form


def read_events(form: Form, body: bytes, headers: Headers, reading: Reading) -> list[Arrival]:
    return [arrival for part in slices.read_events(form, body, headers, reading) for arrival in part]
