"""Whose an order is: a customer whom the shop names owns it before a guest, and a guest before a browser.

A snapshot of an order claims it for the customer whom it names. Cancellations and refunds claim nothing: they go to the
order's owner, whomever they name. The rule looks at all claims, so the order of arrival has no influence.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import NamedTuple

from mandegar.events.identity import ANONYMOUS_PREFIX, GUEST_PREFIX

BROWSER, GUEST, ACCOUNT = range(3)


class Claim(NamedTuple):
    """A customer's claim to one order: the rank of the best id under which they claim it, and their latest snapshot.

    Whoever claims an order as a guest does so as a guest even after they turned out to be an account: so it makes no
    difference when that is found out.
    """

    rank: int
    latest: datetime


# The claims of an order by customer, who is no alias.
Claims = Mapping[str, Claim]


def rank(customer_id: str) -> int:
    """``ACCOUNT`` for an id of the shop, ``GUEST`` for the hash of an address, ``BROWSER`` for a browser's id."""
    if customer_id.startswith(GUEST_PREFIX):
        return GUEST
    return BROWSER if customer_id.startswith(ANONYMOUS_PREFIX) else ACCOUNT


def owner_of(claims: Claims) -> str | None:
    """The customer with the best claim, None without any: of equal ranks the latest, then the greatest id."""
    return max(claims, key=lambda customer: (claims[customer], customer), default=None)


def receiver(named: str | None, claims: Claims, owner: str | None) -> str | None:
    """The customer to whom an event of the order goes that names ``named``, no alias; None while nobody is known.

    ``owner`` is ``owner_of`` the claims. Two customers of the same rank who both claim an order each keep what names
    them.
    """
    if owner is None:
        return named
    return named if named is not None and named in claims and claims[named].rank == claims[owner].rank else owner
