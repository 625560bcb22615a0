"""Where tests make a door die, freeze or fail."""

from mandegar.failpoints import Failpoint


class DoorFailpoint(Failpoint):
    """The places around the commit of what a door accepted."""

    BEFORE_COMMIT = "door.before_commit"
    AFTER_COMMIT = "door.after_commit"
