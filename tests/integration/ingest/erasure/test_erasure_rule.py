"""Random lives: whatever happens, after an erasure no table holds a string of the person, and all others stay."""

from typing import Any

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from builders.people import guest, paid, viewed
from harness.databases import service_database
from harness.ingest_service import SHOP, Ingest, ingest_service
from harness.looking import look_for
from harness.machines import Loop, run_machine
from ingest.erasure.finish import finish_some
from ingest.erasure.person_rows import load_person
from mandegar.database import transaction
from mandegar.events import CustomerKey

ACCOUNTS = ["c-1", "c-2", "c-3"]
WHO = st.fixed_dictionaries(
    {},
    optional={
        "id": st.sampled_from(ACCOUNTS),
        "email": st.sampled_from(["sara@example.com", "mina@example.com"]),
        "anonymous_id": st.sampled_from(["b-1", "b-2"]),
    },
).filter(bool)
TABLES = (
    *("account_addresses", "browser_customers", "customers", "erasures", "events", "outbox", "own_consents"),
    *("quarantine", "unclaimed_order_events", "unfinished_erasures", "waiting_refunds"),
)
# Whose an event in the history is.
HELD = """
    SELECT native_id FROM events
    WHERE customer_id = ANY($1) AND received_by IS NULL OR received_by = ANY($1)
"""


class ErasureRule(RuleBasedStateMachine):
    """A shop and some people, who come as accounts, guests and browsers; the test sets what is declared first."""

    loop: Loop
    ingest: Ingest
    postgres: str

    def __init__(self) -> None:
        super().__init__()
        self.sent: list[dict[str, Any]] = []
        self.held: set[str] = set()
        self.gone: set[str] = set()
        self.unusable: dict[str, str] = {}

    @initialize()
    def begin(self):
        async def fresh():
            for table in TABLES:
                await self.ingest.database.worker.execute(f"DELETE FROM {table}")

        self.loop.run(fresh())

    def post(self, body: dict[str, Any]) -> str:
        ((status, _),) = self.loop.run(self.ingest.results(body))
        return status

    @rule(who=WHO, is_order=st.booleans(), order=st.sampled_from(["o-1", "o-2"]))
    def somebody_acts(self, who, is_order, order):
        name = f"planted-{len(self.sent):03}"
        body = {**(paid(order, who) if is_order else viewed("", who)), "id": name, "note": f"note-of-{name}"}
        body["customer"] = {**who, "name": f"name-of-{name}"} if "id" in who else who
        self.sent.append(body)
        status = self.post(body)
        assert status in ("accepted", "suppressed")
        (self.held if status == "accepted" else self.gone).add(name)

    @rule(account=st.sampled_from(ACCOUNTS))
    def somebody_acts_in_a_way_that_nobody_can_read(self, account):
        name = f"planted-{len(self.sent):03}"
        body = {**viewed(name, {"id": account}), "type": "never.heard", "note": f"note-of-{name}"}
        self.sent.append(body)
        status = self.post(body)
        assert status in ("quarantined", "suppressed")
        (self.held if status == "quarantined" else self.gone).add(name)
        self.unusable[name] = account

    @precondition(lambda self: self.sent)
    @rule(pick=st.integers(0, 50))
    def something_is_sent_again(self, pick):
        body = self.sent[pick % len(self.sent)]
        status = self.post(body)
        assert status in ("duplicate", "quarantined", "suppressed", "accepted")
        if status in ("accepted", "quarantined"):  # the sender was readmitted since
            self.held.add(body["id"])
            self.gone.discard(body["id"])

    @rule(customer=st.sampled_from(ACCOUNTS), alias=st.sampled_from([*ACCOUNTS, "a_b-1", "sara@example.com"]))
    def two_are_merged(self, customer, alias):
        path = f"/v1/customers/{customer}/merge"
        answer = self.loop.run(self.ingest.ask("POST", path, "customers:merge", json={"alias": alias}))
        assert answer.status_code in (200, 404, 409, 422)

    @rule(id_=st.sampled_from([*ACCOUNTS, "a_b-1", "a_b-2", "sara@example.com"]))
    def somebody_is_erased(self, id_):
        async def held_of_the_person() -> tuple[list[str], set[str]]:
            key = self.ingest.context.identity_key
            async with transaction(self.ingest.database.worker) as connection:
                canonical = guest(key, id_) if "@" in id_ else id_
                person = await load_person(connection, CustomerKey(SHOP, canonical))
                if person is None or person.erasure is not None:
                    return [], set()
                ids = [each.key.customer_id for each in person.identities]
                return ids, {row["native_id"] for row in await connection.fetch(HELD, ids)}

        ids, theirs = self.loop.run(held_of_the_person())
        answer = self.loop.run(self.ingest.ask("DELETE", f"/v1/customers/{id_}", "customers:erase"))
        assert answer.status_code in (202, 404)
        theirs |= {name for name, account in self.unusable.items() if account in ids}
        self.gone |= theirs & self.held
        self.held -= theirs

    @rule(id_=st.sampled_from([*ACCOUNTS, "a_b-1"]))
    def somebody_comes_again(self, id_):
        answer = self.loop.run(self.ingest.ask("POST", f"/v1/customers/{id_}/readmit", "customers:erase"))
        assert answer.status_code in (200, 404, 409)

    @invariant()
    def nothing_of_the_erased_is_anywhere_and_nothing_else_is_gone(self):
        async def look() -> set[str]:
            while await self.ingest.database.worker.fetchval("SELECT count(*) FROM unfinished_erasures"):
                await finish_some(self.ingest.context)
            await self.ingest.database.worker.execute("DELETE FROM outbox WHERE topic = 'ingest.events'")
            strings = [f"{what}-of-{name}" for name in self.held | self.gone for what in ("note", "name")]
            found = await look_for(strings, self.postgres, self.ingest.database) if strings else set()
            return {each.planted for each in found}

        found = self.loop.run(look())
        assert not {text for text in found if text.partition("-of-")[2] in self.gone}
        assert {f"note-of-{name}" for name in self.held} <= found
        assert self.loop.run(self.ingest.invariant_violations()) == []


def test_after_an_erasure_no_table_has_a_string_of_the_person(postgres):
    with Loop() as loop:
        ingest = loop.enter(ingest_service(loop.enter(service_database(postgres, "ingest"))))
        machine = type("Machine", (ErasureRule,), {"loop": loop, "ingest": ingest, "postgres": postgres})
        run_machine(machine, examples=10, steps=15)
