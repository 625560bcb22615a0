"""Computes which statement about marketing to one address over one channel is in force, in any order of arrival.

A statement is *dated* if it has a time of its own: a click, a form, a confirmation. A *flag* has none: it is what a
shop stores and sends again with each event, so its time is when it was first stated without another in between. Of
dated statements the latest counts. A flag never beats a customer's later word, and it never grants what a dated
statement withdrew; a withdrawal by flag counts from its own time on. At one instant a withdrawal stands over a grant.
"""

from collections.abc import Iterable
from datetime import datetime
from typing import Literal, NamedTuple

ConsentStatus = Literal["granted", "withdrawn"]


class Statement(NamedTuple):
    """Consent to marketing over one channel, or its withdrawal: made ``at`` an instant, received by ``method``."""

    status: ConsentStatus
    at: datetime
    method: str
    flag: bool = False


def in_force(statements: Iterable[Statement | None], elsewhere: Statement | None = None) -> Statement | None:
    """The statement in force for an address, or None.

    ``statements`` are about this address. ``elsewhere`` is the customer's latest own word, also about another address:
    if it withdrew, a flag from after it does not grant, because the shop may not know of it. The result may take the
    place of the statements from which it was computed.
    """
    made = [statement for statement in statements if statement is not None]
    dated = _latest(statement for statement in made if not statement.flag)
    flag = _latest(statement for statement in made if statement.flag)
    if flag is None:
        return dated
    if flag.status == "withdrawn":
        return flag if dated is None or flag.at >= dated.at else dated
    if dated is not None:
        return dated
    if elsewhere is not None and elsewhere.status == "withdrawn" and flag.at >= elsewhere.at:
        return elsewhere
    return flag


def _latest(statements: Iterable[Statement]) -> Statement | None:
    return max(statements, key=lambda statement: (statement.at, statement.status), default=None)
