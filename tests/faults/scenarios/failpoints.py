"""F1: every failpoint times exit, stop and raise, on one stack, four services side by side.

Each case starts a member with one FAILPOINT and waits until it fired under a steady load; whatever it left behind is
for the process of the next case to mend. A frozen member goes on after three seconds.
"""

import asyncio
import time
from collections.abc import Callable, Coroutine, Sequence
from typing import Any, NamedTuple, TypeAlias, get_args
from uuid import uuid4

import httpx2
from aiokafka import AIOKafkaProducer

from faults.drill import Drill
from faults.members import Member
from faults.scenario import Scenario
from faults.shop import SHOP
from ingest.desk.repairs.failpoints import RepairFailpoint
from ingest.hallway.failpoints import DoorFailpoint as Door
from ingest.imports.failpoints import ImportFailpoint
from ingest.reconciling.failpoints import ReconcilingFailpoint
from mandegar.events import Event, encode
from mandegar.events.ingest import Interaction
from mandegar.events.topics import INGEST_EVENTS, partition_key, partition_of
from mandegar.failpoints import KILLED, Action, Failpoint, StreamFailpoint, failpoints
from mandegar.http_client import HttpClient
from mandegar.run.runner import EXIT_FAILED
from mandegar_local.children import last_lines
from notify.sends.failpoints import DeliveryFailpoint as Delivery

FIRES_WITHIN_SECONDS = 60.0
FROZEN_SECONDS = 3.0
LOOK_SECONDS = 0.1
# What a dead process had claimed is given up within the half minute of I8, whichever failpoint comes last.
_SHORT_LEASE = {"MANDEGAR_DELIVERY_LEASE_SECONDS": "15"}

P = StreamFailpoint
# Each point is passed by a service that has reason to: deliveries are notify's, due instants loyalty's.
BY_SERVICE: dict[str, Sequence[Failpoint]] = {
    "ingest": (
        Door.BEFORE_COMMIT, Door.AFTER_COMMIT, P.RELAY_BEFORE_SEND, P.RELAY_AFTER_SEND, P.RELAY_AFTER_DELETE,
        RepairFailpoint.BEFORE_COMMIT, ReconcilingFailpoint.BEFORE_COMMIT, ImportFailpoint.BEFORE_NOTED,
    ),
    "loyalty": (
        P.BATCH_AFTER_POLL, P.BATCH_AFTER_OFFSETS, P.TIMER_AFTER_LOCK, P.TIMER_BEFORE_COMMIT, P.TIMER_AFTER_COMMIT,
        P.BESIDE_SET_ASIDE, P.BESIDE_AFTER_TAKE, P.BESIDE_BEFORE_COMMIT, P.BESIDE_AFTER_COMMIT,
        P.COMMANDS_BEFORE_COMMIT, P.COMMANDS_AFTER_COMMIT,
    ),
    "churn": (
        P.LANES_ASSIGNED, P.LANES_REVOKED, P.BATCH_BEFORE_COMMIT, P.DEAD_LETTERS_KEPT, P.DEAD_LETTER_BEFORE_RELEASE,
    ),
    "notify": (
        Delivery.BEFORE_CLAIM_COMMIT, Delivery.AFTER_CLAIM, Delivery.AFTER_CALL, Delivery.AFTER_RECORD,
        P.BATCH_AFTER_COMMIT,
    ),
}  # fmt: skip

# Passed while a request is answered; all others by the worker.
_OF_THE_WEB = {
    Door.BEFORE_COMMIT, Door.AFTER_COMMIT, P.DEAD_LETTER_BEFORE_RELEASE, ImportFailpoint.BEFORE_NOTED,
    P.COMMANDS_BEFORE_COMMIT, P.COMMANDS_AFTER_COMMIT,
}  # fmt: skip

Provoke: TypeAlias = Callable[[Drill, Member], Coroutine[Any, Any, None]]


class Case(NamedTuple):
    """One failpoint with one action."""

    failpoint: Failpoint
    action: Action

    def __str__(self) -> str:
        return f"{self.failpoint.value}:{self.action}"


async def every_failpoint(drill: Drill) -> None:
    missing = set(failpoints().values()) - {point for points in BY_SERVICE.values() for point in points}
    drill.expect(not missing, f"nobody passes {sorted(missing)}")
    done: dict[str, float] = {}
    finished = asyncio.Event()

    async def steady() -> None:
        while not finished.is_set():
            async with drill.load(rate=25, seconds=15, customers=110, duplicates=0.1):
                await asyncio.sleep(1)

    second_door = drill.stack.add("ingest")  # so that the others have something to do while the first one is away
    await second_door.wait_ready()
    loading = asyncio.create_task(steady())
    try:
        async with asyncio.TaskGroup() as group:
            for service in BY_SERVICE:
                group.create_task(_cases(drill, service, done))
    finally:
        finished.set()
        await loading
    await drill.stack.remove(second_door)
    drill.figures["cases"] = len(done)
    drill.figures["slowest to fire s"] = round(max(done.values(), default=0.0), 1)


async def _cases(drill: Drill, service: str, done: dict[str, float]) -> None:
    replica = drill.stack.replica(service)
    for member in replica.members:
        of_the_member = [f for f in BY_SERVICE[service] if (f in _OF_THE_WEB) == (member is replica.web)]
        for case in [Case(failpoint, action) for failpoint in of_the_member for action in get_args(Action)]:
            async with drill.fault("failpoint", str(case)):
                fired = await _one(drill, member, case)
            if fired is None:
                drill.expect(
                    False, f"{case} never fired in {member.name}, which said last: {last_lines(member.log, 1)}"
                )
            else:
                done[str(case)] = fired
        if of_the_member:
            await member.restart()
            await member.wait_ready()


async def _one(drill: Drill, member: Member, case: Case) -> float | None:
    """Seconds until the case fired in a process of its own, none if it did not. Nobody starts that process again."""
    if member.alive:
        code, _ = await member.end()
        # the error of the case before may be about to end it by itself
        drill.expect(code in {0, EXIT_FAILED}, f"{member.name} ended with {code} before {case}")
    read_from, began = member.log.stat().st_size, time.monotonic()
    member.start(FAILPOINT=str(case), **_SHORT_LEASE)
    member.wanted = False
    provoking = asyncio.create_task(_PROVOKE.get(case.failpoint, _nothing)(drill, member))
    try:
        while time.monotonic() - began < FIRES_WITHIN_SECONDS:
            if _fired(member, case, read_from):
                seconds = time.monotonic() - began
                if case.action == "stop":
                    await asyncio.sleep(FROZEN_SECONDS)
                    member.thaw()
                return seconds
            await asyncio.sleep(LOOK_SECONDS)
        return None
    finally:
        provoking.cancel()
        await asyncio.gather(provoking, return_exceptions=True)


def _fired(member: Member, case: Case, read_from: int) -> bool:
    assert member.child is not None
    match case.action:
        case "exit":
            return member.child.exit_code == KILLED
        case "stop":
            return member.frozen
        case "raise":
            return member.child.exit_code == EXIT_FAILED or b"FailpointRaised" in _said(member, read_from)


def _said(member: Member, read_from: int) -> bytes:
    with member.log.open("rb") as log:
        log.seek(read_from)
        return log.read()


async def _nothing(drill: Drill, member: Member) -> None:
    return


async def _rebalance(drill: Drill, member: Member) -> None:
    """Another replica comes, so that this one has to give partitions away; it goes once this one has."""
    await member.wait_ready()
    other = drill.stack.add(member.service)
    try:
        await asyncio.sleep(FIRES_WITHIN_SECONDS)
    finally:
        await drill.stack.remove(other)


async def _dead_letter(drill: Drill, member: Member) -> None:
    """An event that went round too often: the lane sets it aside, and its release applies it."""
    customer = f"hops-{uuid4().hex[:8]}"
    key = partition_key(SHOP, customer)
    now = drill.now()
    event = Event(
        id=uuid4(), source="urn:mandegar:test", type="product.viewed", time=now, shop=SHOP, recorded_time=now,
        customer_id=customer, hops=9, data=Interaction(subject_id="p-1"),
    )  # fmt: skip
    producer = AIOKafkaProducer(bootstrap_servers=drill.stack.bootstrap)
    await producer.start()
    try:
        partition = partition_of(key, len(await producer.partitions_for(INGEST_EVENTS)))
        await producer.send_and_wait(INGEST_EVENTS, encode(event), key=key, partition=partition)
    finally:
        await producer.stop()


async def _release(drill: Drill, member: Member) -> None:
    """Every open letter is released, again and again until one of the tries meets the failpoint."""
    await _dead_letter(drill, member)
    headers = {"Authorization": f"Bearer {drill.stack.operator_token}"}
    async with HttpClient(base_url=member.url, headers=headers, timeout=5) as http:
        while True:
            try:
                letters = (await http.get("/v1/deadletters")).json()["dead_letters"]
                for letter in letters:
                    await http.post(f"/v1/deadletters/{letter['id']}/release")
            except (httpx2.HTTPError, KeyError, ValueError):
                pass  # not up yet, or just ended by the failpoint
            await asyncio.sleep(0.3)


async def _go_beside(drill: Drill, member: Member) -> None:
    """Customers under load wait for the lane beside: it settles them, and the batch sets their events aside."""
    while True:
        await drill.stack.fetch(
            member.service,
            """
            INSERT INTO waiting_beside (shop, customer_id, consumer_group)
            SELECT shop, customer_id, 'timer' FROM customers ORDER BY random() LIMIT 50
            """,
        )
        await asyncio.sleep(1)


async def _repair(drill: Drill, member: Member) -> None:
    """An order whose total has another name: its group is repaired, again and again until a try meets the failpoint."""
    shop, source = {"Authorization": f"Bearer {drill.stack.token}"}, {"X-Mandegar-Key": drill.stack.source_key}
    steps = [{"op": "move", "from": "/data/sum", "path": "/data/total"}]
    async with HttpClient(base_url=drill.stack.doors[-1], timeout=5) as http:
        while True:
            id_ = f"repair-{uuid4().hex[:8]}"
            order = {
                "id": id_, "type": "order.paid", "time": drill.now().isoformat(), "customer": {"id": id_},
                "data": {"order_id": id_, "currency": "IRR", "sum": "5000000"},
            }  # fmt: skip
            try:
                [refused] = (await http.post("/v1/events", json=[order], headers=source)).json()["results"]
                page = await http.get("/v1/quarantine/groups", params={"limit": 50}, headers=shop)
                for group in page.json()["groups"]:
                    if (group["code"], group["detail"]) == (refused["code"], refused["detail"]):
                        path = f"/v1/quarantine/groups/{group['group_id']}/repair"
                        await http.post(path, json={"steps": steps}, headers=shop)
            except (httpx2.HTTPError, KeyError, ValueError):
                pass  # not up yet, or just ended by the failpoint
            await asyncio.sleep(0.5)


async def _reconcile(drill: Drill, member: Member) -> None:
    """A file of one order that never came is compared, again and again; nothing of it is accepted."""
    shop = {"Authorization": f"Bearer {drill.stack.token}"}
    async with HttpClient(base_url=drill.stack.doors[-1], timeout=5, headers=shop) as http:
        while True:
            try:
                wanted = {"name": "faults", "fingerprint": "faults-reconcile"}
                id_ = (await http.post("/v1/reconciliations", json=wanted)).json()["reconciliation_id"]
                path = f"/v1/reconciliations/{id_}"
                row = {"content": b"order_id,total\nnever-came,5\n", "headers": {"Content-Type": "text/csv"}}
                await http.post(f"{path}/rows", **row)
                await http.post(f"{path}/compare")
            except (httpx2.HTTPError, KeyError, ValueError):
                pass  # not up yet, or just ended by the failpoint
            await asyncio.sleep(0.5)


async def _import(drill: Drill, member: Member) -> None:
    """A file of one customer, another one each time, is imported."""
    shop = {"Authorization": f"Bearer {drill.stack.token}"}
    async with HttpClient(base_url=member.url, timeout=5, headers=shop) as http:
        while True:
            id_ = f"import-{uuid4().hex[:8]}"
            wanted = {"kind": "customers", "name": id_, "fingerprint": id_, "header": ["customer_id", "locale"]}
            try:
                import_ = (await http.post("/v1/imports", json=wanted)).json()["import_id"]
                row = {"content": f"customer_id,locale\n{id_},fa-IR\n", "headers": {"Content-Type": "text/csv"}}
                await http.post(f"/v1/imports/{import_}/rows", **row)
            except (httpx2.HTTPError, KeyError, ValueError):
                pass  # not up yet, or just ended by the failpoint
            await asyncio.sleep(0.5)


async def _redeem(drill: Drill, member: Member) -> None:
    """Somebody reserves a point for a second, again and again; whoever has none is refused in a transaction as well."""
    shop = {"Authorization": f"Bearer {drill.stack.token}"}
    async with HttpClient(base_url=member.url, timeout=5, headers=shop) as http:
        while True:
            try:
                found = await drill.stack.fetch(
                    member.service,
                    "SELECT customer_id FROM customers WHERE settled_at IS NOT NULL AND shop = $1 LIMIT 5",
                    SHOP,
                )
                for (customer,) in found:
                    key = {"Idempotency-Key": uuid4().hex}
                    body = {"points": 1, "expires_in": 1}
                    await http.post(f"/v1/customers/{customer}/redemptions", json=body, headers=key)
            except (httpx2.HTTPError, KeyError, ValueError):
                pass  # not up yet, or just ended by the failpoint
            await asyncio.sleep(0.5)


_PROVOKE: dict[Failpoint, Provoke] = {
    **dict.fromkeys(
        (P.BESIDE_SET_ASIDE, P.BESIDE_AFTER_TAKE, P.BESIDE_BEFORE_COMMIT, P.BESIDE_AFTER_COMMIT), _go_beside
    ),
    P.COMMANDS_BEFORE_COMMIT: _redeem,
    P.COMMANDS_AFTER_COMMIT: _redeem,
    P.LANES_REVOKED: _rebalance,
    P.DEAD_LETTERS_KEPT: _dead_letter,
    P.DEAD_LETTER_BEFORE_RELEASE: _release,
    RepairFailpoint.BEFORE_COMMIT: _repair,
    ReconcilingFailpoint.BEFORE_COMMIT: _reconcile,
    ImportFailpoint.BEFORE_NOTED: _import,
}

SCENARIOS = [Scenario("F1", "every failpoint: exit, stop, raise", every_failpoint, short=True, quiet_seconds=120)]
