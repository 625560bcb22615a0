"""Workers that die, freeze and answer late, and a provider whose answers get lost: nobody is messaged twice.

The claim, the record, the leases and the look-up are real, on a real PostgreSQL; the provider knows the truth.
"""

from collections import Counter
from dataclasses import dataclass
from typing import Any

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from builders.bands import crossed
from builders.customers import contact
from builders.points import expiring
from harness.databases import service_database
from harness.in_process import NOON
from harness.machines import Loop, run_machine
from harness.notify_service import Notify, ScriptedProvider, notify_service
from mandegar.database import transaction
from mandegar.events import decode
from notify.channels.channel import Outcome
from notify.sends.attempt_rows import release
from notify.sends.claim import Claim, claim, terms_of
from notify.sends.record import result_of, write_result
from notify.sends.unknowns import look_up_unknowns, settle_lost_workers

PICK = st.integers(0, 20)
# What a call comes to: whether the provider took the message, and what the worker hears of it.
CALLS = st.sampled_from(
    [
        (True, Outcome("accepted", provider_ref="r")),
        (True, Outcome("unknown", "no_answer")),
        (False, Outcome("unknown", "no_answer")),
        (False, Outcome("refused", "bad_number")),
        (False, Outcome("retry", "busy")),
    ]
)


@dataclass
class Held:
    """A claim in the hands of a worker, and what it heard if it has called."""

    claim: Claim
    leased: bool = True
    heard: Outcome | None = None

    @property
    def attempt(self) -> tuple[Any, int]:
        return self.claim.send.send_id, self.claim.attempt


class SendRule(RuleBasedStateMachine):
    """Two sends, and everything that can happen to them; ``loop`` and ``notify`` are set by the test."""

    loop: Loop
    notify: Notify

    def __init__(self) -> None:
        super().__init__()
        self.held: list[Held] = []
        self.claimed: Counter[tuple[Any, int]] = Counter()
        self.taken: Counter[Any] = Counter()
        self.ambiguous: set[tuple[Any, int]] = set()
        self.pool, self.clock = self.notify.database.worker, self.notify.clock

    @initialize()
    def begin(self):
        async def fresh():
            for table in ("sends", "inbox", "outbox"):
                await self.pool.execute(f"DELETE FROM {table}")
            self.clock.set(NOON)
            await self.notify.deliver(contact(), crossed(name="crossed"), expiring(name="expiring", in_days=300))

        self.loop.run(fresh())

    @rule()
    def triggers_come_again(self):
        """Even when the inbox has forgotten them."""
        self.loop.run(self.pool.execute("DELETE FROM inbox"))
        self.loop.run(self.notify.deliver(crossed(name="crossed"), expiring(name="expiring", in_days=300)))

    @rule(limit=st.integers(1, 2))
    def claim(self, limit):
        async def claim_now():
            rows = await self.pool.fetch("SELECT max(not_before) AS at FROM sends WHERE state = 'ready'")
            if rows[0]["at"] is not None:
                self.clock.set(max(self.clock.now(), rows[0]["at"]))
            settings = self.notify.settings.model_copy(update={"delivery_batch": limit})
            async with transaction(self.pool) as connection:
                return [
                    claimed
                    for channel in ("email", "sms")
                    for claimed in (await claim(connection, terms_of(settings), channel, self.clock.now()))[0]
                ]

        for ours in self.loop.run(claim_now()):
            self.held.append(Held(ours))
            self.claimed[self.held[-1].attempt] += 1

    @precondition(lambda self: any(held.leased and not held.heard for held in self.held))
    @rule(pick=PICK, call=CALLS)
    def call_provider(self, pick, call):
        """A worker calls only while it has the lease; whether the answer is recorded in time is another matter."""
        callable_ = [held for held in self.held if held.leased and not held.heard]
        held, (taken, heard) = callable_[pick % len(callable_)], call
        held.heard = heard
        self.taken[held.attempt[0]] += taken
        if heard.kind == "unknown":
            self.ambiguous.add(held.attempt)

    @precondition(lambda self: any(held.heard for held in self.held))
    @rule(pick=PICK)
    def record(self, pick):
        """In time, or long after others have gone on."""
        answered = [held for held in self.held if held.heard]
        held, now = answered[pick % len(answered)], self.clock.now()
        send_id, attempt = held.attempt
        result = result_of(send_id, attempt, held.heard, held.claim.send.no_later_than, now)
        self.loop.run(write_result(self.pool, result, "sending", now))
        self.held.remove(held)

    @precondition(lambda self: any(not held.heard for held in self.held))
    @rule(pick=PICK)
    def give_back(self, pick):
        """A worker that is stopped returns what it did not begin, perhaps long after its lease."""
        idle = [held for held in self.held if not held.heard]
        held = idle[pick % len(idle)]

        async def give():
            async with transaction(self.pool) as connection:
                await release(connection, [held.attempt])

        self.loop.run(give())
        self.held.remove(held)

    @precondition(lambda self: self.held)
    @rule(pick=PICK)
    def worker_dies(self, pick):
        del self.held[pick % len(self.held)]

    @rule()
    def leases_run_out(self):
        over = (
            "UPDATE sends SET lease_until = now() - interval '1 s' WHERE state = 'sending' RETURNING send_id, attempt"
        )
        rows = self.loop.run(self.pool.fetch(over))
        self.ambiguous |= {(row["send_id"], row["attempt"]) for row in rows}
        for held in self.held:
            held.leased = False
        self.loop.run(settle_lost_workers(self.pool, self.clock))

    @rule(silent=st.sampled_from([False, False, True]))
    def look_up(self, silent):
        """The provider tells the truth, or nothing."""
        rows = self.loop.run(self.pool.fetch("SELECT send_id, check_at FROM sends WHERE check_at IS NOT NULL"))
        self.clock.set(max([self.clock.now(), *(row["check_at"] for row in rows)]))
        provider = ScriptedProvider()
        for row in [] if silent else rows:
            found, absent = Outcome("accepted", provider_ref="found"), Outcome("retry", "never_received")
            provider.known[row["send_id"]] = found if self.taken[row["send_id"]] else absent
        self.loop.run(look_up_unknowns(self.pool, self.clock, {"email": provider, "sms": provider}))

    @rule()
    def the_next_attempt_begins(self):
        """What the provider never had is claimed anew, while the worker of before may still be about."""
        self.leases_run_out()
        self.look_up(silent=False)
        self.claim(limit=2)

    @invariant()
    def nobody_is_messaged_twice_and_every_state_is_true(self):
        assert max([*self.claimed.values(), *self.taken.values()], default=0) <= 1
        for row in self.loop.run(self.pool.fetch("SELECT send_id, attempt, state FROM sends")):
            attempt = (row["send_id"], row["attempt"])
            taken = self.taken[row["send_id"]]
            match row["state"]:
                case "sent":
                    assert taken == 1
                case "ready" | "refused" | "withheld":
                    assert taken == 0
                case "unknown":
                    assert attempt in self.ambiguous
                case "sending":
                    assert self.claimed[attempt] == 1

    @invariant()
    def every_end_is_told_once(self):
        told = Counter(
            (event.type, event.id) for _, event in self.loop.run(self.told()) if event.type.startswith("message.")
        )
        assert max(told.values(), default=0) <= 1
        unknown = Counter(
            event.data.message_id for _, event in self.loop.run(self.told()) if event.type == "message.unknown"
        )
        assert max(unknown.values(), default=0) <= 1

    async def told(self):
        return [(row["id"], decode(row["value"])) for row in await self.pool.fetch("SELECT id, value FROM outbox")]

    def teardown(self):
        found = self.loop.run(self.notify.invariant_violations())
        assert found == []


def test_nobody_is_messaged_twice_whatever_becomes_of_workers_and_answers(postgres):
    with Loop() as loop:
        database = loop.enter(service_database(postgres, "notify"))
        notify = loop.enter(notify_service(database, cap_messages=1_000))
        machine = type("Machine", (SendRule,), {"loop": loop, "notify": notify})
        run_machine(machine, examples=60, steps=30)
