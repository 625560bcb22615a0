"""Which column means what, decided before any row is read."""

import pytest

from ingest.domain.file_rows.columns import has_lines, match_columns
from ingest.domain.file_rows.row_error import WrongColumns

SHOPIFY = [
    "Name", "Email", "Financial Status", "Paid at", "Fulfillment Status", "Currency", "Subtotal", "Shipping", "Taxes",
    "Total", "Discount Code", "Created at", "Lineitem quantity", "Lineitem name", "Lineitem price", "Lineitem sku",
    "Billing Name", "Notes", "Cancelled at", "Refunded Amount", "Id", "Phone",
]  # fmt: skip
WOOCOMMERCE = [
    "order_id", "order_number", "date", "status", "billing_email", "customer_user", "order_total", "order_currency",
]  # fmt: skip


def code_of(*arguments) -> str:
    with pytest.raises(WrongColumns) as wrong:
        match_columns(*arguments)
    return wrong.value.code


def test_an_export_of_shopify_needs_no_mapping():
    columns = match_columns("orders", SHOPIFY, {})

    assert (
        columns | {"order_id": "Name", "total": "Total", "paid_at": "Paid at", "refunded": "Refunded Amount"} == columns
    )
    assert columns["status"] == "Financial Status"
    assert has_lines(columns)


def test_an_export_of_woocommerce_needs_no_mapping():
    columns = match_columns("orders", WOOCOMMERCE, {})

    assert columns["order_id"] == "order_id"
    assert columns["customer_id"] == "customer_user"
    assert columns["placed_at"] == "date"
    assert not has_lines(columns)


def test_persian_names_are_recognised_in_either_spelling_of_their_letters():
    columns = match_columns("customers", ["شناسه مشتري", "ايميل", "تاریخ عضویت", "مانده‌امتیاز"], {})

    assert columns == {
        "customer_id": "شناسه مشتري", "email": "ايميل", "joined_at": "تاریخ عضویت", "points": "مانده‌امتیاز",
    }  # fmt: skip


def test_a_mapping_wins_over_names_and_can_leave_a_target_out():
    header = ["Order", "Ref", "Customer", "Date", "Total", "Email"]
    columns = match_columns("orders", header, {"order_id": "Ref", "email": ""})

    assert columns == {"order_id": "Ref", "customer_id": "Customer", "placed_at": "Date", "total": "Total"}


@pytest.mark.parametrize(
    ("header", "mapping", "code"),
    [
        (["Order", "Customer", "Date"], {}, "missing_column"),
        (["Order", "Date", "Total"], {}, "missing_column"),
        (["Order,Customer,Date,Total"], {}, "missing_column"),
        (["Order", "Customer", "Date", "Total"], {"totl": "Total"}, "unknown_target"),
        (["Order", "Customer", "Date", "Total"], {"attributes.level": "Total"}, "unknown_target"),
        (["Order", "Customer", "Date", "Total"], {"total": "Summe"}, "unknown_column"),
        (["Order", "Customer", "Date", "Total", "Total"], {}, "column_twice"),
        (["Order", "Customer", "Date", "Total", "Total"], {"total": "Total"}, "column_twice"),
        (["Order", "Customer", "Mail", "Billing Email", "Date", "Total"], {}, "column_twice"),
        (["Order", *map(str, range(600))], {}, "too_many_columns"),
    ],
)
def test_columns_that_do_not_fit_are_refused(header, mapping, code):
    assert code_of("orders", header, mapping) == code


def test_attributes_of_customers_are_named_in_the_mapping():
    columns = match_columns("customers", ["id", "Klasse"], {"attributes.level": "Klasse"})

    assert columns == {"customer_id": "id", "attributes.level": "Klasse"}


def test_the_refusal_of_a_single_column_asks_for_the_delimiter():
    with pytest.raises(WrongColumns, match="is the delimiter right"):
        match_columns("orders", ["order;customer;date;total"], {})
