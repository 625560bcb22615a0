"""An order can say its status, in the words of its platform."""

from typing import Any

import pytest

from ingest.domain.order_status import STATUSES, order_status
from mandegar.events.orders import STATUSES as CANONICAL


def placed(**data: Any) -> dict[str, Any]:
    order = {"order_id": "o", "currency": "IRR", "total": "1", **data}
    return {"id": "e", "type": "order.updated", "customer": {"id": "c"}, "data": order}


PLATFORMS = {
    # WooCommerce
    "pending": "open", "processing": "paid", "on-hold": "open", "completed": "paid", "cancelled": "cancelled",
    "refunded": "refunded", "failed": "cancelled", "trash": "cancelled", "checkout-draft": "open",
    "wc-completed": "paid",
    # Shopify
    "authorized": "open", "paid": "paid", "PARTIALLY_REFUNDED": "paid", "voided": "cancelled", "partially_paid": "open",
    "unfulfilled": "open", "fulfilled": "open",
    # Magento
    "pending_payment": "open", "holded": "open", "complete": "paid", "canceled": "cancelled", "payment_review": "open",
    # Saleor
    "DRAFT": "open", "UNCONFIRMED": "open", "EXPIRED": "cancelled", "FULLY_CHARGED": "paid", "RETURNED": "refunded",
    # Stripe
    "requires_payment_method": "open", "succeeded": "paid", "void": "cancelled", "uncollectible": "cancelled",
    # BigCommerce
    "Awaiting Payment": "open", "Awaiting Fulfillment": "paid", "Partially Refunded": "paid", "Declined": "cancelled",
    "Manual Verification Required": "open", "Refunded": "refunded", "Cancelled": "cancelled", " Shipped ": "open",
}  # fmt: skip


@pytest.mark.parametrize(("word", "status"), PLATFORMS.items())
def test_the_words_of_platforms_come_to_few(word: str, status: str, door: Any) -> None:
    candidate = door.accepted(placed(status=word))

    assert order_status(word) == candidate.event.data.status == status
    assert candidate.code is None


@pytest.mark.parametrize("word", ["closed", "archived", "any", "??", 5, 1.5, True, ["paid"], {"name": "paid"}])
def test_an_unknown_word_is_left_out_with_a_note(word: Any, door: Any) -> None:
    candidate = door.accepted(placed(status=word))

    assert (candidate.event.data.status, candidate.code) == (None, "data_ignored")
    assert "data.status" in candidate.detail


@pytest.mark.parametrize("nothing", [None, "", {}])
def test_no_status_is_no_status(nothing: Any, door: Any) -> None:
    candidate = door.accepted(placed() if nothing == {} else placed(status=nothing))

    assert (candidate.event.data.status, candidate.code) == (None, None)


def test_every_word_comes_to_a_status_that_the_law_knows() -> None:
    assert set(STATUSES.values()) == set(CANONICAL)
    assert all(order_status(word) == status for word, status in STATUSES.items())
