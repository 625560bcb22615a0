"""By which keys what a row states is known again: under one key, however its customer is written."""

from collections.abc import Callable, Iterable, Mapping
from typing import NamedTuple

from ingest.domain.customer_ids import customer_id
from ingest.domain.file_rows.read import Fields
from ingest.domain.forms import CustomerForm
from ingest.domain.outcomes import Refused
from ingest.domain.sources import Shop

NAMES = ("customer_id", "email", "phone")
_NO_DATES = " None None"


class Key(NamedTuple):
    """What the key of a statement has besides its customer; ``before``: what an earlier release may have put there."""

    ending: str
    before: str | None = None


class KnownAs(NamedTuple):
    """Under which native ids the same was stated of one customer: their keys have a customer's id and an ending.

    ``written`` is what the row says of the customer, which is what an earlier release had in its keys. ``guests`` are
    those who have the row's addresses.
    """

    prefix: str
    key: Key
    written: tuple[str, ...]
    guests: tuple[str, ...]
    word: Callable[[str], str]

    def now(self, customers: Iterable[str]) -> list[str]:
        """The native ids under which it is stated of these customers."""
        return [self._named(customer, self.key.ending) for customer in customers]

    @property
    def may_be_a_lots(self) -> bool:
        """Whether a lot with the same dates has now the key that a balance had under an earlier release."""
        return self.key.before not in (None, _NO_DATES)

    def before(self, customers: Iterable[str]) -> list[str]:
        """Those under which an earlier release may have stated it."""
        if self.key.before is None:
            return []
        return [self._named(customer, self.key.before) for customer in customers]

    def _named(self, customer: str, ending: str) -> str:
        return f"{self.prefix}:{self.word(customer + ending)}"


class Person(NamedTuple):
    """The customer of a row: their id as it is published, what the row writes, and the guests with its addresses."""

    id: str
    written: tuple[str, ...]
    guests: tuple[str, ...]


def key_of_lot(earned: str | None, expires: str | None, *, balance: bool) -> Key:
    """The key of points without an id: a balance is one lot whatever its dates; lots are told apart by theirs."""
    dates = f" {earned} {expires}"
    return Key(" balance", dates) if balance or not (earned or expires) else Key(dates)


def person_of(fields: Fields, shop: Shop, identity_key: bytes) -> Person:
    """The customer whom a row names by their id, else by their addresses."""
    written = {name: str(fields[name]) for name in NAMES if name in fields}
    first = next(iter(written.values()))
    block = {"id": first} if "customer_id" in written else written
    id_ = _published(block, shop, identity_key) or first
    guests = [_published({name: written[name]}, shop, identity_key) for name in NAMES[1:] if name in written]
    return Person(
        id_,
        tuple(dict.fromkeys(text for text in written.values() if text != id_)),
        tuple(dict.fromkeys(guest for guest in guests if guest is not None and guest != id_)),
    )


def _published(block: Mapping[str, str], shop: Shop, identity_key: bytes) -> str | None:
    form = CustomerForm(id=block.get("id"), email=block.get("email"), phone=block.get("phone"))
    try:
        return customer_id(form, shop=shop, key=identity_key)
    except Refused:
        return None  # its events are refused
