"""What is said of customers, in any order, twice, to two processes at once, with commits that fail in between.

Versions never go down, and a reader who keeps the highest has what the sayings add up to.
"""

import asyncio
from datetime import timedelta
from typing import Any

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from harness.databases import service_database
from harness.failing import may_fail_at
from harness.in_process import PARTITIONS
from harness.ingest_service import NOON, Ingest, ingest_service
from harness.locking import until_waiting
from harness.machines import Loop, run_machine
from ingest.domain.candidates import Candidate
from ingest.domain.profile import Fields, Profile, contact_snapshot, fold
from ingest.domain.stamped import Stamped
from ingest.hallway.accept import accept
from ingest.hallway.failpoints import DoorFailpoint
from ingest.hallway.group_commit import GroupCommit
from mandegar.customers.locking import lock_customers
from mandegar.database import transaction
from mandegar.events import CustomerKey, Event
from mandegar.events.contacts import ContactUpdated

CUSTOMERS = ["c-1", "c-2"]
PICKS = st.lists(st.integers(0, 50), min_size=1, max_size=4)
FIELDS = st.fixed_dictionaries(
    {},
    optional={
        "email": st.sampled_from([None, "a@example.com", "b@example.com"]),
        "name": st.sampled_from(["Sara", "Mina"]),
        "locale": st.sampled_from(["fa-IR", "en-GB"]),
        "attributes": st.dictionaries(st.sampled_from("xy"), st.sampled_from("12"), max_size=2),
        "consent": st.dictionaries(st.sampled_from(["email", "sms"]), st.booleans(), max_size=2),
    },
)


def saying(ingest: Ingest, number: int, customer: str, fields: dict[str, Any], minutes: int = 0) -> Candidate:
    """What a shop says of a customer, read and not sent."""
    who, time = {"id": customer}, (NOON - timedelta(minutes=minutes)).isoformat()
    document = {"id": f"e-{number}", "type": "customer.updated", "time": time, "customer": who, "data": fields}
    (candidate,) = ingest.arrivals([document])
    assert isinstance(candidate, Candidate)
    return candidate


class ProfileRule(RuleBasedStateMachine):
    """Two processes in front of one database; ``loop`` and ``ingest`` are set by the test."""

    loop: Loop
    ingest: Ingest

    def __init__(self) -> None:
        super().__init__()
        self.said: list[Candidate] = []
        self.expected: dict[str, dict[str, Stamped]] = {customer: {} for customer in CUSTOMERS}
        self.patches: dict[str, list[Fields]] = {customer: [] for customer in CUSTOMERS}
        self.newest: dict[tuple[str, str], Event] = {}
        self.doors = [self.door() for _ in range(2)]

    def door(self) -> GroupCommit:
        return GroupCommit(self.ingest.database.worker, self.ingest.clock.now, partitions=PARTITIONS)

    @initialize()
    def begin(self):
        async def fresh():
            for table in ("customers", "events", "outbox"):
                await self.ingest.database.worker.execute(f"DELETE FROM {table}")

        self.loop.run(fresh())

    @rule(customer=st.sampled_from(CUSTOMERS), fields=FIELDS, minutes=st.integers(0, 5))
    def somebody_says(self, customer, fields, minutes):
        """Not sent yet: it goes through a door later, or never."""
        self.said.append(saying(self.ingest, len(self.said), customer, fields, minutes))

    def expect(self, picked: list[Candidate]) -> None:
        for candidate in picked:
            known = self.expected[candidate.event.customer_id]
            self.patches[candidate.event.customer_id].append(candidate.patch or {})
            for field, said in (candidate.patch or {}).items():
                if field not in known or (known[field].at, known[field].event_id) < (said.at, said.event_id):
                    known[field] = said

    def picked(self, picks: list[int]) -> list[Candidate]:
        return [self.said[pick % len(self.said)] for pick in picks]

    @precondition(lambda self: self.said)
    @rule(picks=PICKS, crash=st.sampled_from([None, None, DoorFailpoint.BEFORE_COMMIT]))
    def sent(self, picks, crash):
        picked = self.picked(picks)
        with may_fail_at(crash) as attempt:
            self.loop.run(self.doors[0].submit(picked))
        if not attempt.failed:
            self.expect(picked)

    @precondition(lambda self: self.said)
    @rule(first=PICKS, second=PICKS)
    def sent_to_both_at_once(self, first, second):
        async def both():
            await asyncio.gather(
                *(door.submit(self.picked(p)) for door, p in zip(self.doors, (first, second), strict=True))
            )

        self.loop.run(both())
        self.expect(self.picked([*first, *second]))

    def read_on(self):
        """A reader of the topics; no version may go down."""
        for event in self.loop.run(self.ingest.news()):
            before = self.newest.get((event.customer_id, event.type))
            assert before is None or before.data.version < event.data.version
            self.newest[event.customer_id, event.type] = event

    @invariant()
    def a_reader_of_the_newest_has_what_was_said(self):
        self.read_on()
        for customer, expected in self.expected.items():
            contact = self.newest.get((customer, "contact.updated"))
            profile = self.newest.get((customer, "customer.updated"))
            told: dict[str, Any] = {} if contact is None else {"email": contact.data.email, "name": contact.data.name}
            wanted = {field: expected[field].value for field in ("email", "name") if field in expected}
            assert {field: told.get(field) for field in wanted} == wanted
            attributes = {} if profile is None else profile.data.attributes
            said = {field: value.value for field, value in expected.items() if field.startswith("attribute:")}
            assert {f"attribute:{name}": text for name, text in attributes.items()} == said
            # Whose consent it is when addresses change is tested in the unit tests; here it is that of all at once.
            at_once = contact_snapshot(fold(Profile(), self.patches[customer]), 1)
            published = ContactUpdated(version=1) if contact is None else contact.data
            assert published.consents == at_once.consents
            assert (published.email_since, published.phone_since) == (at_once.email_since, at_once.phone_since)


def test_versions_never_go_down_and_the_newest_is_what_was_said(postgres):
    with Loop() as loop:
        ingest = loop.enter(ingest_service(loop.enter(service_database(postgres, "ingest"))))
        machine = type("Machine", (ProfileRule,), {"loop": loop, "ingest": ingest})
        run_machine(machine, examples=30, steps=20)


async def test_two_processes_that_hear_of_one_customer_at_once_publish_two_versions(ingest):
    """Both have come as far as they can when the customer, whom somebody else holds, is let go."""
    pool, now = ingest.database.worker, ingest.clock.now()

    async def accepted(ago: int, name: str) -> list[int]:
        async with transaction(pool) as connection:
            said = saying(ingest, ago, "c-1", {"name": name}, minutes=ago)
            return [event.data.version for event in (await accept(connection, [said], now, PARTITIONS)).outgoing]

    assert await accepted(3, "Sara") == [1]
    async with transaction(pool) as connection:
        await lock_customers(connection, [CustomerKey("atlas", "c-1")], PARTITIONS)
        first = asyncio.create_task(accepted(2, "Mina"))
        await until_waiting(pool, 1)
        second = asyncio.create_task(accepted(1, "Ziba"))
        await until_waiting(pool, 2)
    assert [await first, await second] == [[2], [3]]
