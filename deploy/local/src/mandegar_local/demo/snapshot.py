"""What the stream led to, customer by customer, as one JSON file: to compare a disturbed run with a calm one."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import orjson

from mandegar_local.demo.asking import Answer, Asking, ask_each
from mandegar_local.demo.progress import Step

# Every run asks for the risk at this instant, so that it does not matter how long a run took.
ASKED_BEHIND_ORIGIN = timedelta(hours=6)
_PASSING = ("as_of",)


async def read_risks(asking: Asking, customer_ids: Sequence[str], origin: datetime, step: Step) -> Mapping[str, Answer]:
    """The risk of every customer at the one instant."""
    at = origin + ASKED_BEHIND_ORIGIN
    return await ask_each(customer_ids, lambda customer_id: asking.risk(customer_id, at), step.advance)


def write_snapshot(file: Path, origin: datetime, parts: Mapping[str, Any]) -> None:
    """Write the parts, without what depends on when they were asked for, in a stable order."""
    content = {"origin": origin.isoformat(), "risks_at": (origin + ASKED_BEHIND_ORIGIN).isoformat(), **parts}
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_bytes(orjson.dumps(_lasting(content), option=orjson.OPT_INDENT_2 | orjson.OPT_SORT_KEYS))


def _lasting(content: Any) -> Any:
    if isinstance(content, Mapping):
        return {str(name): _lasting(value) for name, value in content.items() if name not in _PASSING}
    if isinstance(content, list | tuple):
        return [_lasting(value) for value in content]
    return content
