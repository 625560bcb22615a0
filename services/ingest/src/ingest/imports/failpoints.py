"""Where tests make an import die."""

from mandegar.failpoints import Failpoint


class ImportFailpoint(Failpoint):
    """The place behind the acceptance of a part's events, before its lines are noted."""

    BEFORE_NOTED = "import.before_noted"
