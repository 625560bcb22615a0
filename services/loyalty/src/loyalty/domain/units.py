"""The units of the ledger: points, and credit in money.

The unit of a lot stands in the id under which its facts are kept: that of what earned it, behind a word that no id of a
shop begins with. The unit of an entry stands in its kind as well, so that sums by kind never mix units.
"""

_CREDIT = "credit\x1f"
_OF_CREDIT = "credit."


def key_of_credit(order_id: str) -> str:
    """Under which the facts are kept of the credit that an order earned."""
    return _CREDIT + order_id


def is_credit(order_id: str) -> bool:
    """Whether what is kept under an id is credit."""
    return order_id.startswith(_CREDIT)


def without_unit(order_id: str) -> str:
    """What earned the credit that is kept under an id; the id itself if it is none of credit."""
    return order_id.removeprefix(_CREDIT)


def kind_of(order_id: str, kind: str) -> str:
    """The kind of an entry as the ledger keeps it, of an entry for what is kept under an id."""
    return _OF_CREDIT + kind if order_id.startswith(_CREDIT) else kind


def credit_kind(kind: str) -> str | None:
    """The kind of an entry of credit, from the one that the ledger keeps; None for an entry of points."""
    return kind.removeprefix(_OF_CREDIT) if kind.startswith(_OF_CREDIT) else None
