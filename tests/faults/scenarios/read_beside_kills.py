"""F26: what answers is killed, ended in order, or loses its sessions, while two shops are read and one writes.

The other shop has customers of the same names, some of them with an order: whatever one shop is told of them must never
be the other's.
"""

import asyncio
from datetime import timedelta
from itertools import cycle

from faults.drill import Drill
from faults.members import Member
from faults.reading import Reads, reading
from faults.scenario import Scenario
from faults.shop import SHOP
from mandegar.http_client import HttpClient
from mandegar_local.first_shop import SHOP_DEFAULTS

OTHER_SHOP = "faults-other"
SECONDS = 45.0
PAUSE_SECONDS = (0.5, 1.5)
CUSTOMERS = 60
TOTAL = 777_700_000
ANSWERING = ("loyalty", "churn", "notify")
READS_MIN = 1_000
_WEB_SESSIONS = """
    SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity
    WHERE datname = current_database() AND usename = current_database() || '_web'
"""


async def no_read_is_answered_wrongly(drill: Drill) -> None:
    customers = [f"{drill.name.lower()}-1-c-{number}" for number in range(CUSTOMERS)]
    await _open_other_shop(drill, customers[::2])
    clock = asyncio.get_running_loop().time
    async with (
        drill.load(rate=40, seconds=SECONDS, customers=CUSTOMERS),
        reading(drill.stack, drill.draw, (SHOP, OTHER_SHOP), customers) as reads,
    ):
        until = clock() + SECONDS
        for suffer in cycle((_killed, _ended, _without_sessions)):
            if clock() > until:
                break
            for service in drill.draw.sample(ANSWERING, k=2):
                await suffer(drill, drill.stack.replica(service).web)
                await asyncio.sleep(drill.draw.uniform(*PAUSE_SECONDS))
    _sum_up(drill, reads)


async def _killed(drill: Drill, web: Member) -> None:
    async with drill.fault("kill -9", web.name):
        web.kill()
        await asyncio.sleep(0.2)
        await web.wait_ready()


async def _ended(drill: Drill, web: Member) -> None:
    async with drill.fault("SIGTERM and start", web.name):
        code, _ = await web.restart() if web.alive else (0, 0.0)
        drill.expect(code == 0, f"{web.name} ended with {code}")
        await web.wait_ready()


async def _without_sessions(drill: Drill, web: Member) -> None:
    async with drill.fault("sessions ended", web.name):
        for _ in range(5):
            await drill.stack.fetch(web.service, _WEB_SESSIONS)
            await asyncio.sleep(0.2)


async def _open_other_shop(drill: Drill, customers: list[str]) -> None:
    """A second shop, in which each of ``customers`` has bought once."""
    stack = drill.stack
    headers = {"Authorization": f"Bearer {stack.token_of(OTHER_SHOP)}"}
    async with HttpClient(base_url=stack.services["ingest"], headers=headers, timeout=10) as http:
        (await http.put(f"/v1/shops/{OTHER_SHOP}", json=SHOP_DEFAULTS)).raise_for_status()
        source = {"name": "live", "trust": "server", "record_of_orders": True, "historical": False}
        key = (await http.post("/v1/sources", json=source)).raise_for_status().json()["key"]
        paid_at = (drill.now() - timedelta(days=3)).isoformat()
        orders = [
            {
                "id": f"{customer}-other", "type": "order.paid", "time": paid_at, "customer": {"id": customer},
                "data": {"order_id": f"{customer}-other", "currency": "IRR", "total": str(TOTAL)},
            }
            for customer in customers
        ]  # fmt: skip
        answer = await http.post("/v1/events", json=orders, headers={"Authorization": f"Bearer {key}"})
        answer.raise_for_status()


def _sum_up(drill: Drill, reads: Reads) -> None:
    """What was refused while nobody listened is told apart from what was cut off in the middle of an answer."""
    drill.figures["reads"] = reads.came_to.total()
    for what, count in sorted(reads.came_to.items()):
        drill.figures[f"reads {what}"] = count
    drill.expect(reads.came_to["200"] > READS_MIN, f"only {reads.came_to['200']} reads were answered")


SCENARIOS = [
    Scenario("F26", "web processes killed, ended and cut off under reads", no_read_is_answered_wrongly, short=True)
]
