"""Where tests make a reconciliation die."""

from mandegar.failpoints import Failpoint


class ReconcilingFailpoint(Failpoint):
    """The place before the commit of one step of a reconciliation."""

    BEFORE_COMMIT = "reconciling.before_commit"
