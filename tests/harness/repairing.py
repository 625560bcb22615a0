"""Orders that share a fault, and their repair as an operator asks for it."""

import json
from typing import Any

from builders.bodies import order_body
from harness.ingest_service import Ingest
from ingest.desk.repairs.carry_on import carry_on

MOVE_TOTAL = {"op": "move", "from": "/data/sum", "path": "/data/total"}
COMMA = {"op": "number", "path": "/data/total", "decimal": ","}


def without_total(number: int, **fields: Any) -> dict[str, Any]:
    """A paid order whose total stands under another name."""
    body = order_body(
        {"order_id": f"o-{number}", "sum": f"{number}000000"},
        id=f"e-{number}",
        customer={"id": f"c-{number}"},
        **fields,
    )
    del body["data"]["total"]
    return body


async def groups(ingest: Ingest, **query: Any) -> list[dict[str, Any]]:
    answer = await ingest.ask("GET", "/v1/quarantine/groups", params=query)
    assert answer.status_code == 200, answer.text
    return answer.json()["groups"]


async def repair(ingest: Ingest, group: dict[str, Any], *steps: dict[str, Any], **query: Any) -> Any:
    path = f"/v1/quarantine/groups/{group['group_id']}/repair"
    content, headers = json.dumps({"steps": steps}), {"Content-Type": "application/json"}
    return await ingest.ask("POST", path, content=content, headers=headers, params=query)


async def carried_out(ingest: Ingest, group: dict[str, Any], *steps: dict[str, Any]) -> dict[str, Any]:
    """The repair once it has ended."""
    begun = await repair(ingest, group, *steps)
    assert begun.status_code == 202, begun.text
    while await carry_on(ingest.context):
        pass
    return (await ingest.ask("GET", begun.headers["Location"])).json()
