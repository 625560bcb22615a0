"""Three ids that turn out to be one person, with everything that can arrive about them, in any order between topics.

Compared with somebody who always was one: no message twice, none against a withdrawal, caps and cooldowns as if all
messages had been sent to one id. The merges, the batches, the claim and its record are real, on a real PostgreSQL.
"""

from collections import Counter, defaultdict, deque
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, rule

from builders.bands import crossed, left
from builders.customers import contact
from builders.merges import merged, split
from builders.messages import sent_elsewhere
from builders.orders import paid
from builders.points import expiring
from harness.databases import service_database
from harness.in_process import NOON
from harness.machines import Loop, run_machine
from harness.notify_service import Notify, notify_service
from mandegar.database import transaction
from mandegar.events.contacts import Consent
from mandegar.events.notify import Channel
from notify.channels.channel import Outcome
from notify.sends.claim import Claim, claim, terms_of
from notify.sends.record import result_of, write_result
from notify.sends.unknowns import settle_lost_workers

IDS = ("a", "b", "c")
STATUSES = ("granted", "granted", "granted", "withdrawn")
CAP, WINDOW = 1, timedelta(days=7)
OUTCOMES = (
    Outcome("accepted", provider_ref="r"),
    Outcome("accepted"),
    Outcome("unknown", "lost"),
    Outcome("refused", "no"),
)
DAYS = (0, 0, 0, 1, 3, 8)
# Counts as a message that may have arrived.
ARRIVED = {"accepted", "unknown"}


@dataclass
class Said:
    """A statement on mail: by the shop about a customer (``word`` is false), or by the customer about an address."""

    status: str
    at: datetime
    address: str
    word: bool = False


@dataclass
class Handed:
    """A claim, at its instant, for the person whom it belonged to then."""

    claim: Claim
    at: datetime
    heard: Outcome | None = None

    @property
    def may_have_arrived(self) -> bool:
        return self.heard is None or self.heard.kind in ARRIVED


class OnePersonRule(RuleBasedStateMachine):
    """``loop`` and ``notify`` are set by the test. Queues keep the order of one topic and key, as Kafka does."""

    loop: Loop
    notify: Notify

    def __init__(self):
        super().__init__()
        self.pool, self.clock = self.notify.database.worker, self.notify.clock
        self.queues: dict[str, deque[Any]] = defaultdict(deque)
        self.versions: Counter[str] = Counter()
        # What ingest holds, and of it what has arrived here; by id, and words by address.
        self.stated: dict[str, list[Said]] = {id_: [] for id_ in IDS}
        self.arrived: dict[str, Said] = {}
        self.inherited: dict[str, list[Said]] = defaultdict(list)
        self.words: list[Said] = []
        self.merges: dict[str, str] = {}
        self.merge_versions: Counter[str] = Counter()
        self.roots: dict[str, str] = {}
        self.handed: list[Handed] = []
        self.owners: dict[Any, str] = {}
        # What another system sent, as it has arrived: the later event about each message of each person.
        self.elsewhere: dict[str, dict[str, Any]] = defaultdict(dict)

    @initialize()
    def begin(self):
        async def fresh():
            for table in ("sends", "messages_elsewhere", "inbox", "outbox", "customers", "address_consents"):
                await self.pool.execute(f"DELETE FROM {table}")
            self.clock.set(NOON)

        self.loop.run(fresh())
        for id_ in IDS:
            self.stated[id_].append(Said("granted", NOON - timedelta(days=1), f"{id_}@example.test"))
            self.publish_snapshot(id_)
            self.arrive_from(f"contacts {id_}", 1)

    @rule(acts=st.lists(st.tuples(st.integers(0, 30), st.integers(0, 59)), min_size=40, max_size=60))
    def happen(self, acts):
        """One rule, because hypothesis leaves rules out of most histories, and nothing happens without all of these."""
        ways = [
            *[self.arrive] * 8,
            *[self.trigger, self.claim, self.record] * 3,
            *[self.state, self.merge_at_ingest, self.buy, self.time_passes, self.another_system_sends] * 2,
            *[self.split_at_ingest, self.leave_the_band, self.say, self.workers_die],
        ]
        for way, number in acts:
            ways[way](number)
            self.the_arrivals_are_those_of_one_person()

    # What ingest, churn and loyalty publish

    def state(self, number):
        """Ingest resolves an alias: what names it is the root's."""
        owner = self.at_ingest(IDS[number % 3])
        said = Said(STATUSES[number // 3 % 4], self.clock.now(), f"{owner}@example.test")
        self.stated[owner].append(said)
        self.publish_snapshot(owner)

    def publish_snapshot(self, owner):
        self.versions[owner] += 1
        address = f"{owner}@example.test"
        counting = [said for said in self.stated[owner] if said.status == "withdrawn" or said.address == address]
        said = max(counting, key=lambda each: each.at, default=None)
        consents = {} if said is None else {"email": Consent(status=said.status, at=said.at, address=address)}
        sms = {"sms": Consent(status="granted", at=NOON - timedelta(days=9))}
        event = contact(self.versions[owner], customer=owner, email=address, consents=consents | sms)
        self.queues[f"contacts {owner}"].append((event, owner, said))

    def merge_at_ingest(self, number):
        alias, root = self.at_ingest(IDS[number % 3]), self.at_ingest(IDS[number // 3 % 3])
        if alias == root:
            return
        self.merges[alias] = root
        self.merge_versions[alias] += 1
        self.stated[root] += self.stated[alias]
        self.versions[root] = max(self.versions[root], self.versions[alias])
        for key in (alias, root):
            event = merged(alias, root, self.merge_versions[alias], under=key)
            self.queues[f"events {key}"].append((event, None, None))
        self.publish_snapshot(root)

    def split_at_ingest(self, number):
        """Of an alias without aliases: where those go, and how splits overtake merges, is the library's to test."""
        leaves = sorted(self.merges.keys() - self.merges.values())
        if not leaves:
            return
        self.let_merges_arrive()
        alias = leaves[number % len(leaves)]
        self.merge_versions[alias] += 1
        event = split(alias, self.merges.pop(alias), self.merge_versions[alias])
        self.queues[f"events {alias}"].append((event, None, None))
        self.versions[alias] = max(self.versions.values())
        self.stated[alias] = []
        self.let_merges_arrive()

    def let_merges_arrive(self):
        for name in [f"events {id_}" for id_ in IDS]:
            while self.queues[name]:
                self.arrive_from(name, 1)

    def trigger(self, number):
        id_, band = IDS[number % 3], number % 2 == 0
        now = {"recorded_time": self.clock.now(), "customer": id_}
        hours = (self.clock.now() - NOON) / timedelta(hours=1)
        event = crossed(hours=hours, version=9, **now) if band else expiring(in_days=200, **now)
        self.queues[f"churn {id_}" if band else f"loyalty {id_}"].append((event, None, None))

    def buy(self, number):
        owner = self.at_ingest(IDS[number % 3])
        hours = (self.clock.now() - NOON) / timedelta(hours=1)
        event = paid(f"{owner} {hours}", customer=owner, hours=hours)
        self.queues[f"events {owner}"].append((event, None, None))

    def another_system_sends(self, number):
        """One of two messages, lately or long ago, perhaps under several ids and again with another time."""
        hours = (self.clock.now() - NOON) / timedelta(hours=1) - 24 * DAYS[number % 6]
        event = sent_elsewhere(
            f"m{number % 2}", customer=IDS[number % 3], hours=hours, recorded_time=self.clock.now(),
            marketing=number % 4 > 0, journey="points_expiring" if number % 5 else None,
        )  # fmt: skip
        self.queues[f"events {event.customer_id}"].append((event, None, None))

    def leave_the_band(self, number):
        id_ = IDS[number % 3]
        self.queues[f"churn {id_}"].append((left(customer=id_, version=5), None, None))

    def at_ingest(self, id_):
        while id_ in self.merges:
            id_ = self.merges[id_]
        return id_

    # What happens here

    def arrive(self, number):
        """Some records of one queue, in one batch."""
        queues = sorted(name for name, queue in self.queues.items() if queue)
        if not queues:
            return
        name = queues[number % len(queues)]
        self.arrive_from(name, 1 if name.startswith("events") else number % 4 + 1)

    def arrive_from(self, name, most):
        queue = self.queues[name]
        batch = [queue.popleft() for _ in range(min(most, len(queue)))]
        self.loop.run(self.notify.deliver(*(event for event, _, _ in batch)))
        self.read_owners()
        for event, owner, said in batch:
            if event.type == "message.sent_elsewhere":
                self.take_in(self.root_of(event.customer_id), event)
            if owner is None:
                continue
            if self.root_of(owner) != owner:
                self.inherited[self.root_of(owner)] += [said] if said else []
            elif said is not None:
                self.arrived[owner] = said
            else:
                self.arrived.pop(owner, None)

    def take_in(self, person, event):
        """Of two events about one message the later one stands."""
        of_person, message = self.elsewhere[person], event.data.message_id
        before = of_person.get(message, event)
        of_person[message] = max(before, event, key=lambda each: (each.time, each.id))

    def read_owners(self):
        """Who is whom, and whose each message is, as the service has it after a batch."""

        async def read():
            customers = await self.pool.fetch("SELECT customer_id, merged_into FROM customers")
            return customers, await self.pool.fetch("SELECT send_id, customer_id FROM sends")

        customers, sends = self.loop.run(read())
        roots = {row["customer_id"]: row["merged_into"] or row["customer_id"] for row in customers}
        for id_, root in roots.items():
            if root not in (id_, self.root_of(id_)):
                for event in self.elsewhere.pop(id_, {}).values():
                    self.take_in(root, event)
                self.inherited[root] += self.inherited.pop(id_, []) + [
                    said for said in [self.arrived.pop(id_, None)] if said
                ]
        self.roots = roots
        self.owners = {row["send_id"]: row["customer_id"] for row in sends}

    def say(self, number):
        """By the route, under any id: it is for the person's present address."""
        id_, status = IDS[number % 3], STATUSES[number // 3 % 4]
        body = {"channels": {"email": status}}

        async def put():
            await self.notify.news()
            await self.notify.ask("PUT", f"/v1/customers/{id_}/preferences", "preferences:write", json=body)
            row = await self.pool.fetchrow("SELECT email FROM customers WHERE customer_id = $1", self.root_of(id_))
            return [event for event in await self.notify.news() if event.type == "consent.changed"], row

        changed, row = self.loop.run(put())
        self.words += [Said(event.data.status, event.data.at, row["email"], word=True) for event in changed]

    def claim(self, number):
        channel: Channel = "email" if number % 2 else "sms"

        async def claim_now():
            async with transaction(self.pool) as connection:
                return (await claim(connection, terms_of(self.notify.settings), channel, self.clock.now()))[0]

        for ours in self.loop.run(claim_now()):
            now = self.clock.now()
            self.check(ours, now)
            self.handed.append(Handed(ours, now))
        self.read_owners()

    def record(self, number):
        """The provider has answered, whatever was merged since the claim."""
        held, outcome = [each for each in self.handed if each.heard is None], OUTCOMES[number % 4]
        if not held:
            return
        one = held[number % len(held)]
        send, now = one.claim.send, self.clock.now()
        result = result_of(send.send_id, one.claim.attempt, outcome, send.no_later_than, now)
        recorded = self.loop.run(write_result(self.pool, result, "sending", now))
        one.heard = outcome if recorded else Outcome("unknown", "worker_lost")

    def workers_die(self, _):
        async def die():
            await self.pool.execute("UPDATE sends SET lease_until = now() - interval '1 s' WHERE state = 'sending'")
            await settle_lost_workers(self.pool, self.clock)

        self.loop.run(die())
        for each in self.handed:
            each.heard = each.heard or Outcome("unknown", "worker_lost")

    def time_passes(self, number):
        self.clock.advance(timedelta(days=DAYS[number % 6], seconds=1))

    # What must hold

    def check(self, ours: Claim, now: datetime):
        send, person = ours.send, self.root_of(ours.send.customer_id)
        assert person == send.customer_id
        others = [
            each for each in self.handed if each.may_have_arrived and self.owners[each.claim.send.send_id] == person
        ]
        assert send.send_id not in {each.claim.send.send_id for each in self.handed}, "a message twice"
        of_others = [each for each in self.elsewhere[person].values() if each.data.marketing]
        arrived = [each.at for each in others] + [each.time for each in of_others]
        assert sum(at > now - WINDOW for at in arrived) < CAP, "more than the cap"
        same = [each.at for each in others if each.claim.send.journey == send.journey]
        same += [each.time for each in of_others if each.data.journey == send.journey]
        assert all(now - at >= ours.journey.cooldown for at in same), "within the cooldown"
        if send.channel == "email":
            assert self.may_write(person, ours.contact.email, now), "against a withdrawal"

    def may_write(self, person: str, address: str | None, now: datetime) -> bool:
        """By everything that has arrived about the ids of this person."""
        shop = [*self.inherited[person], *(said for id_, said in self.arrived.items() if id_ == person)]
        said = [each for each in [*shop, *self.words] if each.address == address or
                (each.status == "withdrawn" and not each.word)]  # fmt: skip
        latest = max(said, key=lambda each: (each.at, each.status), default=None)
        return latest is not None and latest.status == "granted" and latest.at <= now

    def root_of(self, id_):
        return self.roots.get(id_, id_)

    def the_arrivals_are_those_of_one_person(self):
        """What caps are counted from."""
        rows = self.loop.run(
            self.pool.fetch("SELECT customer_id FROM sends WHERE state IN ('sending', 'sent', 'unknown')")
        )
        expected = Counter(self.owners[each.claim.send.send_id] for each in self.handed if each.may_have_arrived)
        assert Counter(row["customer_id"] for row in rows) == expected
        rows = self.loop.run(self.pool.fetch("SELECT customer_id, message_id, event_id FROM messages_elsewhere"))
        expected_here = {
            (person, message, event.id)
            for person, messages in self.elsewhere.items()
            for message, event in messages.items()
        }
        assert {tuple(row) for row in rows} == expected_here

    def teardown(self):
        while any(self.queues.values()):
            self.arrive(3)
        assert self.loop.run(self.notify.invariant_violations()) == []
        for id_ in IDS:
            assert self.root_of(id_) == self.at_ingest(id_)
        rows = self.loop.run(self.pool.fetch("SELECT * FROM customers WHERE merged_into IS NULL"))
        for row in rows:
            said = self.arrived.get(row["customer_id"])
            if row["contact_version"] == self.versions[row["customer_id"]] and said is not None:
                assert row["shop_consents"]["email"]["status"] == said.status


def test_three_ids_of_one_person_are_written_to_as_one(postgres):
    with Loop() as loop:
        database = loop.enter(service_database(postgres, "notify"))
        notify = loop.enter(notify_service(database, cap_messages=CAP))
        machine = type("Machine", (OnePersonRule,), {"loop": loop, "notify": notify})
        run_machine(machine, examples=40, steps=3)
