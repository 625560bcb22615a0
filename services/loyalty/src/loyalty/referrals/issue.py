"""The command by which a customer gets their code."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from uuid import UUID, uuid4

from loyalty.domain.purse import Purse
from loyalty.domain.referral_code import code_from
from loyalty.domain.referral_facts import issued_fact, key_of_code
from loyalty.referrals.events import issued_event, issued_id
from loyalty.referrals.rows import CodeRow, first_codes, insert_codes, taken_among
from loyalty.till.command import Answer, Command
from mandegar.database import WorkerConnection
from mandegar.events import Event
from mandegar.events.referral_codes import referral_code_id
from mandegar.quantities import from_us

# Seeds that are drawn at once: two codes are the same once in twenty thousand million pairs.
_DRAWN = 3


@dataclass(kw_only=True)
class IssueCode(Command):
    """Give the customer a code, unless they have one. It follows from a seed that is drawn, and ``identity_key``."""

    identity_key: bytes
    stored: CodeRow | None = field(init=False, default=None)
    taken: set[tuple[str, str]] = field(init=False, default_factory=set)
    row: CodeRow | None = field(init=False, default=None)
    drawn: dict[UUID, str] = field(init=False)
    first: "IssueCode" = field(init=False)

    def __post_init__(self) -> None:
        shop, key = self.named.shop, self.identity_key
        seeds = [uuid4() for _ in range(_DRAWN)]
        self.drawn = {seed: referral_code_id(code_from(seed, shop=shop, key=key), shop=shop, key=key) for seed in seeds}

    @classmethod
    async def load(cls, connection: WorkerConnection, commands: Sequence["IssueCode"]) -> None:
        stored = await first_codes(connection, {each.customer for each in commands})
        drawn = {(each.named.shop, code_id) for each in commands for code_id in each.drawn.values()}
        taken = await taken_among(connection, drawn)
        made: dict[object, IssueCode] = {}
        for command in commands:
            command.stored, command.taken, command.row = stored.get(command.customer), taken, None
            command.first = made.setdefault(command.customer, command)

    def decide(self, purse: Purse) -> Answer:
        if self.stored is None and self.first is self:
            shop = self.customer.shop
            seed, code_id = next(
                (seed, code_id) for seed, code_id in self.drawn.items() if (shop, code_id) not in self.taken
            )
            self.row = CodeRow(shop, code_id, self.customer.customer_id, seed, from_us(purse.at))
            purse.add(key_of_code(code_id), issued_fact(purse.at, str(issued_id(shop, code_id)), code_id))
        return Answer(200, {})

    @classmethod
    async def save(cls, connection: WorkerConnection, commands: Sequence["IssueCode"]) -> Sequence[Event]:
        rows = [each.row for each in commands if each.row is not None]
        await insert_codes(connection, rows)
        return [issued_event(row) for row in rows]
