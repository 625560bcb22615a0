"""The words in which platforms state the status of an order, and what each comes to.

A word that two platforms use in different senses is not here, such as `closed`: in Magento such an order is refunded,
in Shopify it is complete.
"""

import re
from types import MappingProxyType

_WORDS = {
    # It stands, and nothing says that it is paid.
    "open": """
        open new created placed pending pending_payment payment_pending awaiting_payment awaiting unpaid not_paid
        unconfirmed confirmed accepted approved on_hold holded hold draft auto_draft checkout_draft incomplete
        authorized payment_authorized partially_authorized requires_action requires_payment_method requires_confirmation
        requires_capture partially_paid manual_verification_required payment_review disputed backordered on_backorder
        unfulfilled partially_fulfilled fulfilled unshipped partially_shipped shipped in_transit out_for_delivery
        delivered awaiting_shipment awaiting_pickup ready_for_pickup partially_returned
    """,
    # It stands, and the money has come.
    "paid": """
        paid payment_accepted payment_received captured succeeded fully_charged overcharged no_payment_required
        processing in_progress awaiting_fulfillment awaiting_fulfilment complete completed
        partially_refunded partial_refunded partial_refund canceled_reversal cancelled_reversal
    """,
    # It came to nothing.
    "cancelled": """
        cancelled canceled void voided failed payment_failed payment_error declined denied rejected expired abandoned
        uncollectible trash trashed deleted
    """,
    # All of its money went back.
    "refunded": "refunded fully_refunded returned fully_returned reversed charged_back chargeback",
}
STATUSES = MappingProxyType({word: status for status, words in _WORDS.items() for word in words.split()})
_BETWEEN = re.compile(r"[\s_-]+")


def order_status(word: str) -> str | None:
    """The status that a platform's word comes to, whatever its case and spacing; None for an unknown word."""
    plain = _BETWEEN.sub("_", word.strip().lower())
    # WooCommerce stores its words with a prefix.
    return STATUSES.get(plain.removeprefix("wc_"))
