"""A repair that is begun at one process, carried on by others, and killed in between."""

import asyncio

from harness.processes import client
from harness.repairing import MOVE_TOTAL, without_total
from harness.waiting import eventually
from ingest.desk.repairs.failpoints import RepairFailpoint
from mandegar.failpoints import KILLED

ORDERS = 450


async def test_a_repair_survives_the_kill_of_its_worker_and_every_event_counts_once(start_service, make_door):
    web = await start_service("ingest", "web")
    worker = await start_service("ingest", "worker", FAILPOINT=f"{RepairFailpoint.BEFORE_COMMIT}:exit:3")
    door = await make_door(web)
    for start in range(0, ORDERS, 150):
        results = await door.post(*(without_total(number) for number in range(start, start + 150)))
        assert {result["status"] for result in results} == {"quarantined"}
    async with client(web) as http:
        (group,) = (await http.get("/v1/quarantine/groups")).json()["groups"]
        path = f"/v1/quarantine/groups/{group['group_id']}/repair"
        begun = await http.post(path, json={"steps": [MOVE_TOTAL]})
        assert begun.status_code == 202, begun.text

        async def repair() -> dict[str, object]:
            return (await http.get(begun.headers["Location"])).json()

        assert worker.child is not None
        assert await asyncio.to_thread(worker.child.wait, 20) == KILLED
        between = await repair()
        await start_service("ingest", "worker")
        ended = await eventually(repair, lambda seen: seen["state"] == "finished", seconds=30)
        customers = [(await http.get(f"/v1/customers/c-{number}/events")).json()["events"] for number in (0, 449)]

    assert (group["events"], between["tried"], between["state"]) == (ORDERS, 200, "running")
    assert (ended["tried"], ended["accepted"], ended["remaining"]) == (ORDERS, ORDERS, {})
    assert [len(events) for events in customers] == [1, 1]
