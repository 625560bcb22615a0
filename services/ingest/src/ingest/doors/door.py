"""What a door is made of. A new one is a folder with a ``Form``, a ``Door`` and a route that calls ``receive``."""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass

from starlette.datastructures import Headers
from starlette.responses import Response

from ingest.context import IngestContext
from ingest.domain.forms import EventForm
from ingest.domain.outcomes import Result
from ingest.domain.sources import Source
from ingest.doors.request.body import Delivery


@dataclass(frozen=True, slots=True)
class Form:
    """A wire format. The functions are pure; the first two raise ``Refused``.

    ``split`` divides a body into events. Each must be readable without the rest of the request, because its bytes are
    what the history and the quarantine store. ``read`` reads one; the text is an id for events that have none.
    ``id_of`` finds the id of an event that ``read`` refused.
    """

    split: Callable[[bytes, Headers], list[bytes]]
    read: Callable[[bytes, str | None], EventForm]
    id_of: Callable[[bytes], str | None]


@dataclass(frozen=True, slots=True)
class Door:
    """A way in over HTTP; ``name`` is its label in metrics.

    ``verify`` finds the source by the credentials of a request, be they a key or a signature of the body; it raises
    ``Problem`` 401. ``form`` chooses the wire format by the headers; it raises ``Problem`` 415. ``answer`` tells the
    caller what became of each event.
    """

    name: str
    verify: Callable[[Delivery, IngestContext], Awaitable[Source]]
    form: Callable[[Headers], Form]
    answer: Callable[[Sequence[Result], Source], Response]
