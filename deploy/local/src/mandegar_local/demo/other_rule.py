"""What one changed rule of the programme would have cost, computed from all that was recorded. Nothing is changed."""

import asyncio
from dataclasses import dataclass

from mandegar_local.demo.progress import Step
from mandegar_local.demo.service_client import Answer, ServiceClient
from mandegar_local.stack_error import StackError

RULE = "gold earns double instead of 1.5 times"
# In rials; a point is given for 100,000 of them.
POINT_VALUE = 1_000
_LEVEL = "{name: gold,"
_OLD, _NEW = "multiplier: 1.5}", "multiplier: 2}"
_REPLAYS = "/v1/programme/replays"
_OPEN = {"waiting", "running"}
_LOOK_SECONDS = 0.3


@dataclass(frozen=True, slots=True)
class OtherRule:
    """The result of the comparison, as loyalty answers it."""

    result: Answer


async def try_other_rule(client: ServiceClient, step: Step) -> OtherRule | None:
    """Compare the programme in force with one whose gold tier earns more; None if the programme is not the built-in."""
    programme = await client.http.get_json(client.url("loyalty", "/v1/programme"))
    document = other_document(programme["in_force"]["document"])
    if document is None:
        return None
    body = {"document": document, "value_per_point": str(POINT_VALUE)}
    asked = await client.http.call("POST", client.url("loyalty", _REPLAYS), expected={202}, json=body)
    url = client.url("loyalty", f"{_REPLAYS}/{asked['id']}")
    while (replay := await client.http.get_json(url))["status"] in _OPEN:
        progress = replay["progress"]
        step.show_note(f"{progress['doing']} {progress['done']:,} of {progress['total']:,}" if progress else "")
        await asyncio.sleep(_LOOK_SECONDS)
    if replay["status"] != "done":
        raise StackError(f"The comparison of two programmes has no result: {replay['failure'] or replay['status']}.")
    return OtherRule(replay["result"])


def other_document(document: str) -> str | None:
    """The document with the changed rule; None if it has no such rule."""
    lines = document.splitlines(keepends=True)
    places = [place for place, line in enumerate(lines) if _LEVEL in line and _OLD in line]
    if len(places) != 1:
        return None
    lines[places[0]] = lines[places[0]].replace(_OLD, _NEW)
    return "".join(lines)
