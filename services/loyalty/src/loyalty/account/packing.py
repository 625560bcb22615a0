"""The facts and posted sums of an order, and what is remembered of an account, as they are stored: JSON arrays."""

from collections.abc import Mapping, Sequence
from typing import NamedTuple, TypeAlias
from uuid import UUID

from msgspec import json

from loyalty.domain.account import Order
from loyalty.domain.lines import packed_lines
from loyalty.domain.lots import EntryKey
from loyalty.domain.orders import Fact
from loyalty.domain.posting import Balance, Posted
from loyalty.domain.remembered import MEANING, Mark, Remembered
from loyalty.domain.settled import CreditBalance

PackedSum: TypeAlias = tuple[str, str, str, int, int, int, int] | tuple[str, str, str, int, int, int, int, str]


class _Sum(NamedTuple):
    """Posted sums as they are stored: those of a lot's own order without ``reduced``. The last day may not be kept."""

    kind: str
    bucket: str
    cause: str
    points: int
    at: int
    times: int
    last_day: int = 0
    reduced: str = ""


_FACTS = json.Decoder(list[Fact])
_POSTED = json.Decoder(list[_Sum])
_REMEMBERED = json.Decoder(Remembered)
_CREDIT = json.Decoder(tuple[str, int, int, int, int, int, int | None, int | None])


def unpack_order(order_id: str, lot_id: UUID, facts: str, posted: str, mark: Mark | None = None) -> Order:
    """The order that a row holds."""
    sums = {
        (kind, bucket, cause): Posted(points, at, times, last_day, reduced)
        for kind, bucket, cause, points, at, times, last_day, reduced in _POSTED.decode(posted)
    }
    return Order(order_id, lot_id, _FACTS.decode(facts), sums, mark)


def unpack_facts(text: str) -> list[Fact]:
    """The facts of an order, as they are stored."""
    return _FACTS.decode(text)


def packed(posted: Mapping[EntryKey, Posted]) -> list[PackedSum]:
    """Posted sums as they are stored."""
    return [(*key, *sums) if sums[4] else (*key, *sums[:4]) for key, sums in posted.items()]


def packed_facts(facts: Sequence[Fact]) -> list[tuple[object, ...]]:
    """Facts as they are stored: without the fields at the end that most of them leave empty."""
    return [
        (*fact[:8], packed_lines(fact[8]))
        if fact[8]
        else fact[:8]
        if fact[6] or fact[7]
        else fact[: 6 if fact[5] else 5]
        for fact in facts
    ]


def packed_credit(credit: CreditBalance | None) -> str | None:
    """A balance in credit as it is stored: an array of its fields, in thousandths; None if there never was any."""
    if credit is None:
        return None
    expires_at, expiring = credit.next_expiry or (None, None)
    return json.encode([credit.currency, *credit.balance, expires_at, expiring]).decode()


def unpack_credit(text: str | None) -> CreditBalance | None:
    """The balance in credit that a row holds."""
    if text is None:
        return None
    currency, available, pending, held, debt, lifetime, expires_at, expiring = _CREDIT.decode(text)
    balance = Balance(available, pending, held, debt, lifetime)
    return CreditBalance(currency, balance, None if expires_at is None or expiring is None else (expires_at, expiring))


def unpack_remembered(text: str | None) -> Remembered | None:
    """What is remembered of an account; None if nothing is, or nothing that this release understands."""
    if text is None or not text.startswith(f"[{MEANING},"):
        return None
    return _REMEMBERED.decode(text)


def packed_remembered(remembered: Remembered | None) -> str | None:
    """What is remembered of an account, as it is stored."""
    return None if remembered is None else json.encode(remembered).decode()
