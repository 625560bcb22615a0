"""Where tests make a repair die."""

from mandegar.failpoints import Failpoint


class RepairFailpoint(Failpoint):
    """The place before the commit of one step of a repair."""

    BEFORE_COMMIT = "repair.before_commit"
