"""Who the customers of rows are by now, and under which other ids what was stated of them may stand."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from ingest.domain.order_owner import BROWSER, GUEST, rank
from ingest.identity.rows import load_standings
from ingest.identity.rules import Standing
from ingest.imports.statement_rows import load_other_ids
from mandegar.database import Connection
from mandegar.events import CustomerKey


@dataclass(frozen=True, slots=True)
class People:
    """The customers of a part.

    ``others`` are by customer the other ids under which facts of theirs were accepted. ``brought`` are by guest the
    accounts, aliases resolved, whose address rows above stated to be the guest's, and ``bringing`` are the guests by
    account: had these rows been a part of their own, it would be stored.
    """

    standings: Mapping[str, Standing]
    others: Mapping[str, Sequence[str]] = field(default_factory=dict)
    brought: dict[str, set[str]] = field(default_factory=dict)
    bringing: dict[str, set[str]] = field(default_factory=dict)

    def root(self, customer: str) -> str:
        """Whose an id is: an alias is its root's, and a guest that of the only account with their address."""
        standing = self._standing(customer)
        if standing.root is not None:
            return standing.root
        accounts = self._accounts(customer)
        if rank(customer) != GUEST or standing.version or standing.erased or len(accounts) != 1:
            return customer
        [account] = accounts
        return account or customer

    def ids(self, customer: str, root: str) -> list[str]:
        """The ids of somebody, those by which they are known first."""
        return [*dict.fromkeys((root, customer, *self.others.get(root, ())))]

    def is_free(self, guest: str) -> bool:
        """Whether a guest is nobody's: who has their address may be them. One who was split by hand is not."""
        standing = self._standing(guest)
        return self.root(guest) == guest and not standing.version and not standing.erased

    def is_only_account(self, guest: str, customer: str) -> bool:
        """Whether a row that states the address of a guest to be this customer's makes the two one."""
        return self.is_free(guest) and self._accounts(guest) <= {self.root(customer)}

    def bring(self, guest: str, account: str) -> None:
        """Note that a row states the address of a guest to be an account's."""
        root = self._standing(account).root or account
        self.brought.setdefault(guest, set()).add(root)
        self.bringing.setdefault(root, set()).add(guest)

    def brought_by(self, root: str) -> list[str]:
        """The guests who are this customer because of rows above."""
        return sorted(guest for guest in self.bringing.get(root, ()) if self.root(guest) == root)

    def note_fact(self, customer: str) -> None:
        """Note that a row states something of a customer: a guest whose account is known becomes it by that."""
        root = self.root(customer)
        if root != customer and self._standing(customer).root is None:
            self.bring(customer, root)

    def _accounts(self, guest: str) -> frozenset[str]:
        return self._standing(guest).accounts | self.brought.get(guest, set())

    def _standing(self, customer: str) -> Standing:
        return self.standings.get(customer, Standing())


async def load_people(connection: Connection, shop: str, customers: Iterable[str]) -> People:
    """The standing of the customers, and the other ids of the persons to whom they belong."""
    ids = {each for each in customers if each}
    loaded = await load_standings(connection, [CustomerKey(shop, each) for each in ids])
    people = People({key.customer_id: standing for key, standing in loaded.items()})
    others: dict[str, list[str]] = {}
    for root, other in await load_other_ids(connection, shop, {people.root(each) for each in ids}):
        if rank(other) != BROWSER:  # files state nothing of browsers
            others.setdefault(root, []).append(other)
    return People(people.standings, {root: sorted(each) for root, each in others.items()})
