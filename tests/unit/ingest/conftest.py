"""A shop, a source, and a door that reads: enough to see what becomes of an event without any server."""

import json
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from starlette.datastructures import Headers

from builders.bodies import order_body
from harness.reading import read_events
from ingest.domain.candidates import Arrival, Candidate, Refusal
from ingest.domain.normalise import Reading
from ingest.domain.sources import Shop, Source
from ingest.doors.door import Form
from ingest.doors.native.form import NATIVE
from mandegar.events.identity import opaque_word

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)
SHOP = Shop("demo", "IRR", ZoneInfo("Asia/Tehran"), "IR", attributes={"vip": "boolean", "level": "word"})
KEY = b"k" * 32
SOURCE = Source("s1", SHOP)


class Door:
    """Reads bodies as a source would have sent them at noon."""

    now = NOW
    source = SOURCE

    def reading(self, **changes: Any) -> Reading:
        return Reading(replace(SOURCE, **changes), NOW, KEY)

    def published(self, text: str) -> str:
        """An id or a word of the shop as topics carry it."""
        return opaque_word(text, shop=SHOP.id, key=KEY)

    def read(self, body: Any, form: Form = NATIVE, **changes: Any) -> list[Arrival]:
        content = body if isinstance(body, bytes) else json.dumps(body).encode()
        return read_events(form, content, Headers(), self.reading(**changes))

    def one(self, body: Any, form: Form = NATIVE, **changes: Any) -> Arrival:
        (arrival,) = self.read(body, form, **changes)
        return arrival

    def accepted(self, body: Any, form: Form = NATIVE, **changes: Any) -> Candidate:
        arrival = self.one(body, form, **changes)
        assert isinstance(arrival, Candidate), arrival
        return arrival

    def code(self, body: Any, form: Form = NATIVE, **changes: Any) -> str:
        """The code under which an event is refused."""
        arrival = self.one(body, form, **changes)
        assert isinstance(arrival, Refusal), arrival
        return arrival.code


@pytest.fixture
def door() -> Door:
    return Door()


@pytest.fixture
def order() -> Callable[..., dict[str, Any]]:
    return order_body
