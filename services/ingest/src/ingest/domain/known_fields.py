"""What the history keeps of an event that anybody may have sent: the fields that are read, and nothing else."""

import json
from dataclasses import MISSING, asdict, fields
from typing import Any

from ingest.domain.customer_ids import ID_MAX
from ingest.domain.forms import EventForm

# The only field that is meant to be long.
_WORDS = "text"


def known_body(form: EventForm) -> bytes:
    """The event in the form in which it was sent, native or CloudEvent, so that its door reads it again.

    Texts that are too long for any id or label, from which nothing is read, are cut, and still too long for it.
    """
    data = _stated(form.data)
    body: dict[str, Any] = {"id": form.id, "type": form.type}
    if form.time is not None:
        body["time"] = _cut(form.time)
    within = body
    if form.origin:
        body |= {"specversion": "1.0", "source": form.origin}
        within = data
    if form.customer is not None:
        within["customer"] = _stated(form.customer)
    body["data"] = data
    return json.dumps(body, ensure_ascii=False, separators=(",", ":"), default=str).encode()


def _stated(form: Any) -> dict[str, Any]:
    """The fields that do not have what they have when they are absent."""
    absent = {each.name: None if each.default is MISSING else each.default for each in fields(form)}
    return {
        name: value if name == _WORDS else _cut(value) for name, value in asdict(form).items() if value != absent[name]
    }


def _cut(value: object) -> object:
    if not isinstance(value, str) or len(value) <= ID_MAX:
        return value
    text = value.strip()
    return text if len(text) <= ID_MAX else text[:ID_MAX] + "…"
