"""Where tests make a move end."""

from mandegar.failpoints import Failpoint


class MovingFailpoint(Failpoint):
    """The place before the transaction that takes a shop in is committed."""

    BEFORE_COMMIT = "moving.before_commit"
