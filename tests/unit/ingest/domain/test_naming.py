"""Whom a body names that could not be accepted: wherever shops write ids of customers, and by any address in it."""

import json
from time import process_time

import pytest

from ingest.domain.naming import NAMES_MAX, Reader, named_in
from mandegar.events.identity import guest_id, hashed_id

KEY = b"for tests only"
READER = Reader("atlas", "IR", KEY, "pseudonyms")
MAIL, PHONE = "sara@example.com", "+989121234567"


def guest(address: str) -> str:
    return guest_id(address, shop="atlas", key=KEY)


def hashed(text: str) -> str:
    return hashed_id(text, shop="atlas", key=KEY)


@pytest.mark.parametrize(
    ("body", "names"),
    [
        ({"customer": {"id": "c-42"}}, {"c-42"}),
        ({"customer": {"id": 42}}, {"42"}),
        ({"data": {"customer": {"id": " c-42 "}}}, {"c-42"}),
        ({"customer": [{"id": "c-1"}, {"id": "c-2"}]}, {"c-1", "c-2"}),
        ({"customerid": "c-42"}, {"c-42"}),
        ({"subject": "customer/c-42"}, {"c-42"}),
        ({"userId": "c-42", "anonymousId": "b-7"}, {"c-42", "a_b-7"}),
        ({"customer": {"anonymous_id": "b-7"}}, {"a_b-7"}),
        ({"customer": {"id": "Sara Moradi"}, "anonymousId": "GA1.2"}, {hashed("Sara Moradi"), "a_" + hashed("GA1.2")}),
        ({"customer": {"id": MAIL.upper()}}, {guest(MAIL)}),
        ({"customer": {"anonymous_id": MAIL}}, {guest(MAIL)}),
        ({"anything": f"write to <{MAIL}>, or call 0912 123 4567."}, {guest(MAIL), guest(PHONE)}),
        ({"phone": "۰۹۱۲۱۲۳۴۵۶۷"}, {guest(PHONE)}),
        ({"phone": "+98 (912) 123-4567"}, {guest(PHONE)}),
        ({"id": "e-1", "product": {"id": "c-42"}, "data": {"order_id": "o-1", "total": "0.12345678"}}, set()),
        ({"time": "2026-11-22T10:00:00Z", "customer": {"id": "null"}, "user": "c-42"}, set()),
        ({"customer": {"id": True, "name": "Sara"}}, set()),
        (["x", 7, None], set()),
    ],
)
def test_ids_count_where_customers_stand_and_addresses_everywhere(body, names):
    assert named_in(json.dumps(body).encode(), READER) == names
    assert named_in(json.dumps(body, ensure_ascii=False).encode(), READER) == names


@pytest.mark.parametrize(
    ("body", "names"),
    [
        (b'{"customer": {"id": "c-42"}', {"c-42"}),
        (b'{"customer": {"id": 42, ', {"42"}),
        (b'{"id": "e-1", "customer": {"name": "S", "id": "c-42"', {"c-42"}),
        (b'{"id": "e-1", "product": {"id": "p"}', set()),
        (b'{"customer_id": "c-\\u0034\\u0032", "x": NaN}', {"c-42"}),
        (f"call {MAIL} now".encode(), {guest(MAIL)}),
        (b"\xff\xfe " + PHONE.encode(), {guest(PHONE)}),
        (b'{"customer": {"email": "' + MAIL.encode() + b'"', {guest(MAIL)}),
        (b'{"customer": {"id": "\\ud83d', set()),
        (b"", set()),
        (b"null", set()),
        (b"[" * 100_000, set()),
        (b'{"a":' * 5_000 + b"1" + b"}" * 5_000, set()),
    ],
)
def test_bytes_that_are_no_json_are_looked_through_as_well(body, names):
    assert named_in(body, READER) == names


def test_a_body_with_thousands_of_addresses_names_some():
    body = json.dumps([f"a{number}@example.com" for number in range(5_000)]).encode()
    assert len(named_in(body, READER)) == NAMES_MAX


@pytest.mark.parametrize(
    "text",
    [
        " ".join(f"+86{number:06}" for number in range(100_000)),
        " ".join(f"{number:013}" for number in range(70_000)),
        " ".join(f"a{number}@nowhere" for number in range(70_000)),
        "a" * 1_000_000 + "@",
        "@" * 1_000_000,
        "0 " * 500_000,
    ],
    ids=["phones", "article numbers", "mails", "a word", "signs", "digits"],
)
def test_a_body_full_of_what_looks_like_addresses_is_read_in_bounded_time(text):
    begin = process_time()
    named_in(text.encode(), READER)
    named_in(json.dumps({"data": text.split(" ")}).encode(), READER)

    assert process_time() - begin < 1.5


def test_article_numbers_hide_no_phone_number():
    numbers = ", ".join(f"{number:013}" for number in range(10_000))

    assert named_in(f"{numbers}, 0912 123 4567, {numbers}".encode(), READER) == {guest(PHONE)}


@pytest.mark.parametrize("last", [False, True])
def test_bar_codes_of_a_large_order_hide_no_address_of_its_customer(last):
    customer = {"customer": {"email": MAIL, "address": {"mobile_phone": "09121234567"}}}
    items = {"data": {"items": [{"barcode": "0501234567890", "sku": f"09123{number:07}"} for number in range(1_000)]}}
    body = {**items, **customer} if last else {**customer, **items}

    assert {guest(MAIL), guest(PHONE)} <= named_in(json.dumps(body).encode(), READER)


@pytest.mark.parametrize(
    "written", [9121234567, "989121234567", "0912\u00a0123\u00a04567", "0912\u2013123\u20134567", "۹۱۲۱۲۳۴۵۶۷"]
)
def test_a_phone_number_of_a_customer_is_read_as_the_door_reads_it(written):
    for body in ({"customer": {"phone": written}}, {"shipping": {"mobile": written}}):
        assert named_in(json.dumps(body).encode(), READER) == {guest(PHONE)}
        assert named_in(json.dumps(body).encode() + b"}", READER) == {guest(PHONE)}


@pytest.mark.parametrize("broken", ['"user":%s1', '"customer"%s"', '"user" : [%s'])
def test_a_broken_body_of_spaces_is_read_in_bounded_time(broken):
    begin = process_time()
    named_in(("{" + broken % (" " * 500_000)).encode(), READER)

    assert process_time() - begin < 1
