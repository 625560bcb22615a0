"""Where tests make a delivery die, freeze or fail."""

from mandegar.failpoints import Failpoint


class DeliveryFailpoint(Failpoint):
    """The places between the claim of a send and the record of its provider's answer."""

    BEFORE_CLAIM_COMMIT = "delivery.before_claim_commit"
    AFTER_CLAIM = "delivery.after_claim"
    AFTER_CALL = "delivery.after_call"
    AFTER_RECORD = "delivery.after_record"
