"""By which keys what a row states is known again: under one key, however its customer is written."""

from collections.abc import Mapping
from typing import NamedTuple

from ingest.domain.customer_ids import customer_id
from ingest.domain.file_rows.read import Fields
from ingest.domain.forms import CustomerForm
from ingest.domain.outcomes import Refused
from ingest.domain.sources import Shop

NAMES = ("customer_id", "email", "phone")


class Key(NamedTuple):
    """The key of a statement, and others under which an earlier file or release may have stated the same."""

    key: str
    before: tuple[str, ...] = ()


class Person(NamedTuple):
    """The customer of a row: their id as it is published, and what else names them."""

    id: str
    others: tuple[str, ...]

    def tier(self) -> Key:
        return Key(self.id, self.others)

    def lot(self, earned: str | None, expires: str | None, *, balance: bool) -> Key:
        """The key of points without an id: a balance is one lot whatever its dates; lots are told apart by theirs."""
        names, dates = (self.id, *self.others), f"{earned} {expires}"
        if not balance and (earned or expires):
            return Key(f"{self.id} {dates}", tuple(f"{name} {dates}" for name in self.others))
        key, *before = (f"{name} {kind}" for kind in ("balance", dates) for name in names)
        return Key(key, tuple(before))


def person_of(fields: Fields, shop: Shop, identity_key: bytes) -> Person:
    """The customer whom a row names by their id, else by their addresses."""
    written = {name: str(fields[name]) for name in NAMES if name in fields}
    first = next(iter(written.values()))
    block = {"id": first} if "customer_id" in written else written
    id_ = _published(block, shop, identity_key) or first
    others = [*written.values()]
    others += [_published({name: written[name]}, shop, identity_key) or "" for name in NAMES[1:] if name in written]
    return Person(id_, tuple(dict.fromkeys(other for other in others if other not in ("", id_))))


def _published(block: Mapping[str, str], shop: Shop, identity_key: bytes) -> str | None:
    form = CustomerForm(id=block.get("id"), email=block.get("email"), phone=block.get("phone"))
    try:
        return customer_id(form, shop=shop, key=identity_key)
    except Refused:
        return None  # its events are refused
