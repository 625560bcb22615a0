"""What a command is: a request that takes or gives points of one customer, and its answer."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from hashlib import blake2b
from typing import Any, NamedTuple, TypeAlias

from loyalty.domain.purse import Purse
from mandegar.database import Act, WorkerConnection
from mandegar.events import CustomerKey, Event

# A key of a shop for one route: shop, route, digest of its text.
KeyName: TypeAlias = tuple[str, str, str]


class Key(NamedTuple):
    """An ``Idempotency-Key`` of a shop for one route, and the fingerprint of the request that came with it.

    Both are digests, so that any text can be stored. Another request under the same key is refused.
    """

    route: str
    digest: str
    fingerprint: str


class Answer(NamedTuple):
    """The status and members of an answer; a refusal has those of a problem (``title``, ``code``, …).

    ``repeated``: it was given under this key before.
    """

    status: int
    body: Mapping[str, Any]
    repeated: bool = False

    @property
    def refused(self) -> bool:
        return self.status >= 400


def refusal(status: int, code: str, title: str, detail: str, **more: Any) -> Answer:
    """The answer to a command that changes nothing; ``more`` is what a program needs to go on."""
    return Answer(status, {"code": code, "title": title, "detail": detail, **more})


def digest_of(text: str) -> str:
    """A digest of any text."""
    return blake2b(text.encode("utf-8", "surrogatepass"), digest_size=16).hexdigest()


@dataclass(kw_only=True)
class Command:
    """One request about the customer ``named``, who may be an alias of ``customer``.

    Commands of one class are loaded and saved together. A transaction that failed is tried again with the same
    commands, so ``load`` and ``decide`` set all that ``save`` reads.
    """

    named: CustomerKey
    act: Act
    key: Key | None = None
    customer: CustomerKey = field(init=False)

    @property
    def key_name(self) -> KeyName | None:
        return None if self.key is None else (self.named.shop, self.key.route, self.key.digest)

    @classmethod
    async def load(cls, connection: WorkerConnection, commands: Sequence[Any]) -> None:
        """Read what the commands need beside the accounts, whose customers are locked."""

    @property
    def points_wanted(self) -> int:
        """How many points ``decide`` takes at most: of an account with many lots, as many are read."""
        return 0

    def decide(self, purse: Purse) -> Answer:
        """Take from the purse what the command asks for, or refuse it."""
        raise NotImplementedError

    @classmethod
    async def save(cls, connection: WorkerConnection, commands: Sequence[Any]) -> Sequence[Event]:  # noqa: ARG003
        """Write what was decided of those commands that were not refused; returns the events to publish."""
        return ()
