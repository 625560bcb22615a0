"""Writes the results per customer to a JSON file, to compare a run with faults with one without."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import orjson

from mandegar_local.demo.progress import Step
from mandegar_local.demo.service_client import Answer, ServiceClient, for_each_customer

# Every run reads the risk at this time after the origin, so that its duration does not matter.
ASKED_BEHIND_ORIGIN = timedelta(hours=6)
_PASSING = ("as_of",)


async def read_risks(
    client: ServiceClient, customer_ids: Sequence[str], origin: datetime, step: Step
) -> Mapping[str, Answer]:
    """The risk of every customer, at the same time."""
    at = origin + ASKED_BEHIND_ORIGIN
    return await for_each_customer(customer_ids, lambda customer_id: client.risk(customer_id, at), step.advance)


def write_snapshot(file: Path, origin: datetime, parts: Mapping[str, Any]) -> None:
    """Write the parts in a stable order, without the fields that depend on when they were read."""
    content = {"origin": origin.isoformat(), "risks_at": (origin + ASKED_BEHIND_ORIGIN).isoformat(), **parts}
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_bytes(orjson.dumps(_lasting(content), option=orjson.OPT_INDENT_2 | orjson.OPT_SORT_KEYS))


def _lasting(content: Any) -> Any:
    if isinstance(content, Mapping):
        return {str(name): _lasting(value) for name, value in content.items() if name not in _PASSING}
    if isinstance(content, list | tuple):
        return [_lasting(value) for value in content]
    return content
