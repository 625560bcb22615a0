"""Which customer may become an alias of which. Only guests and browsers do by themselves, of somebody better known."""

from typing import Literal, NamedTuple

from ingest.domain.links import By
from ingest.domain.order_owner import ACCOUNT, rank


class Standing(NamedTuple):
    """An id as it is stored: the customer whose alias it is, the version of its latest merge or split (0: none).

    ``seen``: it has acted. ``accounts``: for a guest, the customers whose address is the guest's, aliases resolved; one
    who was erased is the empty text. ``erased``: its customer was erased, and not readmitted.
    """

    root: str | None = None
    version: int = 0
    seen: bool = False
    accounts: frozenset[str] = frozenset()
    erased: bool = False


# merge: it becomes an alias now. already: it is the same customer, or an alias of them. itself: the ids are one.
# taken: it is an alias of another. apart: it was split by hand, which only a hand undoes. below: an account cannot be
# an alias of a guest or browser, nor a guest of a browser. shared: several customers have the address. unseen: nobody
# acted under it, so there is nothing to merge yet. erased: one of the two was erased.
Verdict = Literal["merge", "already", "itself", "taken", "apart", "below", "shared", "unseen", "erased"]


def verdict(alias: str, root: str, by: By | Literal["request"], standing: Standing) -> Verdict:
    """Whether ``alias`` becomes an alias of ``root``, which is none itself."""
    if alias == root:
        return "itself"
    if standing.root == root:
        return "already"
    if standing.root is not None:
        return "shared" if by == "address" else "taken"
    if rank(alias) > rank(root):
        return "below"
    if by == "request":
        return "merge"
    if rank(alias) == ACCOUNT:
        return "below"
    if standing.version:
        return "apart"
    if by == "address" and not standing.seen:
        return "unseen"
    return "shared" if by == "address" and standing.accounts != {root} else "merge"
