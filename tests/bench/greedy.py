"""Two shops: one sends ten times what this machine stores, and the other, at ten events a second, is watched.

Of the other shop: the time of its answers, those other than 2xx, and how soon after an answer its balance shows an
order.
"""

import asyncio
import time
from collections import Counter
from collections.abc import Iterator

import orjson

from bench.connection import connect, get, post
from bench.door import BATCH, SHOP_SETTINGS
from bench.door_mix import bodies, paid
from bench.figures import Measured
from bench.four_services import FourServices, four_services
from bench.latency import Connections, at_rate, percentiles
from bench.stage import Stage
from harness.processes import Process, client
from harness.tokens import token

WINDOW_SECONDS = 60.0
GREEDY_EVENTS_A_SECOND = 30_000.0
GREEDY_CONNECTIONS = 40
BODIES = 500
OTHER_SHOP = "modest"
OTHER_A_SECOND = 10.0
FRESH_SECONDS_MAX = 60.0
LOOK_AGAIN_SECONDS = 0.05
READ_WITHIN_SECONDS = 300.0
# The default rates of the product fit a machine with this pass-through limit; on another they are scaled by its own.
LIMIT_OF_DEFAULTS = 55_000.0
DEFAULT_RATES = {"SOURCE_EVENTS": 2_000, "SOURCE_BYTES": 2 << 20, "SHOP_EVENTS": 4_000, "SHOP_BYTES": 4 << 20}


async def measure(stage: Stage) -> list[Measured]:
    """Quiet p99, then beside the greedy shop: p50, p99, refusals in per cent, the worst freshness."""
    seconds = stage.seconds(WINDOW_SECONDS)
    scale = stage.found["pass-through limit"] / LIMIT_OF_DEFAULTS
    rates = {f"MANDEGAR_{kind}_PER_SECOND": f"{rate * scale:.0f}" for kind, rate in DEFAULT_RATES.items()}
    async with four_services(stage, "greedy.", **rates) as four:
        other = _Other(four, await _other_key(four.services["ingest"].web))
        await other.send(min(seconds, 10.0))
        quiet = percentiles(other.took)[1]
        stage.log(f"  quiet: p99 {quiet.value:.0f} ms, fresh after at most {max(other.fresh):.2f} s")
        other.forget()
        greedy: Counter[str] = Counter()
        async with asyncio.TaskGroup() as group:
            group.create_task(_send_greedily(four, seconds, greedy))
            group.create_task(other.send(seconds))
        stage.log(f"  greedy shop: {dict(greedy)}; other shop: {dict(other.statuses)}")
    refused = sum(count for status, count in other.statuses.items() if status // 100 != 2)
    return [
        quiet,
        *percentiles(other.took),
        Measured(100.0 * refused / max(other.statuses.total(), 1)),
        Measured(max(other.fresh)),
    ]


class _Other:
    """The shop that is watched."""

    def __init__(self, four: FourServices, key: str) -> None:
        self._key = key
        self._door = Connections(four.services["ingest"].url)
        self._loyalty = Connections(four.services["loyalty"].url)
        self._token = token(OTHER_SHOP, "customers:read")
        self._sent = 0
        self.forget()

    def forget(self) -> None:
        self.took: list[float] = []
        self.fresh: list[float] = []
        self.statuses: Counter[int] = Counter()

    async def send(self, seconds: float) -> None:
        await at_rate(OTHER_A_SECOND, seconds, self._order)

    async def _order(self, _: int) -> None:
        """One order, from its request until its customer has a balance."""
        self._sent += 1
        customer = f"m-{self._sent}"
        body = orjson.dumps(paid(f"e-{customer}", customer, f"o-{customer}", 1_000_000))
        began = time.monotonic()
        answer = await self._door.ask(post("/v1/events", self._key, body))
        answered = time.monotonic()
        self.took.append(answered - began)
        self.statuses[answer.status] += 1
        if answer.status != 202:
            return
        async with asyncio.timeout(READ_WITHIN_SECONDS):
            while (await self._loyalty.ask(get(f"/v1/customers/{customer}/balance", self._token))).status != 200:
                await asyncio.sleep(LOOK_AGAIN_SECONDS)
        self.fresh.append(time.monotonic() - answered)


async def _send_greedily(four: FourServices, seconds: float, told: Counter[str]) -> None:
    """Batches over many connections, each again as soon as it is answered, whatever the answer."""
    mix = bodies(BATCH, seed=7)
    prepared = [post("/v1/events", four.key, next(mix)) for _ in range(BODIES)]
    requests: Iterator[bytes] = iter(prepared)
    until = time.monotonic() + seconds

    async def send() -> None:
        nonlocal requests
        connection = await connect(four.services["ingest"].url)
        pause = GREEDY_CONNECTIONS * BATCH / GREEDY_EVENTS_A_SECOND
        while (now := time.monotonic()) < until:
            request = next(requests, None) or post("/v1/events", four.key, next(mix))
            told[str((await connection.ask(request)).status)] += BATCH
            await asyncio.sleep(max(pause - (time.monotonic() - now), 0))
        connection.close()

    await asyncio.gather(*(send() for _ in range(GREEDY_CONNECTIONS)))


async def _other_key(ingest: Process) -> str:
    """The key of a source of the shop that is watched."""
    headers = {"Authorization": f"Bearer {token(OTHER_SHOP, 'ops sources:write')}"}
    async with client(ingest) as http:
        http.headers.update(headers)
        (await http.put(f"/v1/shops/{OTHER_SHOP}", json=SHOP_SETTINGS)).raise_for_status()
        answer = (await http.post("/v1/sources", json={"name": "watched"})).raise_for_status()
        key: str = answer.json()["key"]
        return key
