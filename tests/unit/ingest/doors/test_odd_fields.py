"""What an event does not depend on keeps no event back, whatever stands in it, in any field of any form."""

from dataclasses import MISSING, fields
from typing import Any

import pytest

from ingest.domain.forms import FORMS, ConsentForm, CustomerForm, IdentifiedForm
from ingest.doors.catalogue.examples import EXAMPLES
from ingest.doors.cloudevents.forms import STRUCTURED
from ingest.doors.odd_parts import ESSENTIAL, MAY_BE_ODD

ODD: list[Any] = [5, 1.5, True, [], ["a"], {}, {"first": "a"}, "a\nb", "x" * 300, -1, {"": None}]
ORDER = {"order_id": "o", "currency": "IRR", "total": "10"}
BY_FORM = {form: type_ for type_, form in reversed(FORMS.items())}
OPTIONAL = [(type_, name) for form, type_ in BY_FORM.items() for name in MAY_BE_ODD[form] if form is not IdentifiedForm]
CONTACTS = sorted(MAY_BE_ODD[CustomerForm])


def paid(**customer: Any) -> dict[str, Any]:
    return {"id": "e", "type": "order.paid", "customer": {"id": "c", **customer}, "data": ORDER}


def as_cloud_event(event: dict[str, Any]) -> dict[str, Any]:
    data = {**event["data"], "customer": event["customer"]}
    return {"specversion": "1.0", "source": "/s", "id": event["id"], "type": event["type"], "data": data}


@pytest.mark.parametrize(("type_", "name"), OPTIONAL)
def test_an_odd_value_in_an_optional_field_costs_nobody_the_event(type_: str, name: str, door: Any) -> None:
    example = EXAMPLES[type_]
    for odd in ODD:
        candidate = door.accepted({**example, "id": "e", "data": {**example["data"], name: odd}})
        if odd == {"first": "a"}:
            assert name in (candidate.detail or ""), candidate.detail


@pytest.mark.parametrize("form", BY_FORM)
def test_every_optional_field_may_be_odd_or_is_essential(form: type) -> None:
    optional = {field.name for field in fields(form) if field.default is not MISSING}

    assert ESSENTIAL.get(form, frozenset()) <= {field.name for field in fields(form)}
    assert optional - ESSENTIAL.get(form, frozenset()) == set(MAY_BE_ODD[form])


@pytest.mark.parametrize("name", CONTACTS)
def test_a_field_of_the_customer_costs_nobody_a_paid_order(name: str, door: Any) -> None:
    for odd in ODD:
        for body, form in ((paid(**{name: odd}), None), (as_cloud_event(paid(**{name: odd})), STRUCTURED)):
            candidate = door.accepted(body) if form is None else door.accepted(body, form)
            assert (candidate.event.customer_id, candidate.event.data.total) == ("c", 10)
            if odd == ["a"]:
                assert name in (candidate.detail or ""), (odd, candidate.detail)


@pytest.mark.parametrize("type_", ["ticket.opened", "ticket.closed"])
def test_a_word_of_a_ticket_may_be_a_number(type_: str, door: Any) -> None:
    data = {"ticket_id": "t", "category": 5, "priority": 1}
    candidate = door.accepted({"id": "e", "type": type_, "customer": {"id": "c"}, "data": data})

    assert (candidate.event.data.category, candidate.event.data.priority, candidate.code) == ("5", "1", None)


@pytest.mark.parametrize("value", [-1, "much", {"amount": 5}, 10**30])
def test_a_visit_counts_whatever_it_is_said_to_be_worth(value: Any, door: Any) -> None:
    data = {"product_id": "p", "value": value}
    candidate = door.accepted({"id": "e", "type": "product.viewed", "customer": {"id": "c"}, "data": data})

    assert (candidate.event.data.subject_id, candidate.event.data.value) == ("p", None)
    assert "data.value" in (candidate.detail or "")


def test_the_sound_parts_of_a_customer_stay(door: Any) -> None:
    block = {"email": "g@example.test", "attributes": {"vip": True, "tags": ["a"]}, "name": {"first": "S"}}
    candidate = door.accepted(paid(**block, anonymous_id=12345, phone=9121234567.0))

    assert set(candidate.patch) == {"email", "phone", "phone_id", "attribute:vip"}
    assert candidate.patch["phone"].value == "+989121234567"
    assert [link.alias for link in candidate.links if link.by == "browser"] == ["a_12345"]
    assert candidate.detail == "ignored because invalid: attributes, name"


@pytest.mark.parametrize("customer", [{"id": "c", "attributes": []}, {"id": "c", "consent": []}])
def test_the_empty_object_of_php_is_empty(customer: dict[str, Any], door: Any) -> None:
    assert door.accepted(paid(**customer)).code is None
    visit = {"id": "e", "type": "product.viewed", "customer": customer, "data": []}
    assert door.accepted(visit).code is None
    assert door.code({**visit, "customer": []}) == "missing_customer"


# What a withdrawal may look like, and the channel to which it belongs.
WITHDRAWN = {
    "text": {"email": "withdrawn"},
    "word of a form": {"email": "no"},
    "zero": {"email": 0},
    "capitals": {"email": {"status": "Withdrawn"}},
    "spaces": {" Email ": {"status": " unsubscribed\u200f"}},
    "false": {"Email": False},
    "status is false": {"email": {"status": False}},
    "time as a number": {"email": {"status": "withdrawn", "at": 1732270000}},
    "odd time": {"email": {"status": "withdrawn", "at": ["2026"]}},
    "odd method": {"email": {"status": "withdrawn", "method": 5}},
    "beside odd ones": {"sms": None, "email": False, "": [], "fax": {"status": 5}},
}


@pytest.mark.parametrize("consent", WITHDRAWN.values(), ids=WITHDRAWN)
def test_a_withdrawal_counts_in_every_form_and_keeps_no_order(consent: dict[str, Any], door: Any) -> None:
    candidate = door.accepted(paid(consent=consent))

    assert candidate.patch["consent:email"].value["status"] == "withdrawn"
    assert candidate.event.data.total == 10


def test_a_consent_beside_one_that_cannot_be_read_counts(door: Any) -> None:
    candidate = door.accepted(paid(consent={"sms": False, "email": {"state": "out"}}))

    assert candidate.patch["consent:sms"].value["status"] == "withdrawn"
    assert "consent:email" not in candidate.patch
    assert candidate.detail == "ignored because invalid: consent"


@pytest.mark.parametrize("odd", [None, 1, ["granted"], "yes", {"status": True}, {"status": "granted", "at": {}}])
def test_nothing_odd_grants(odd: Any, door: Any) -> None:
    candidate = door.accepted(paid(consent={"email": odd}))

    assert "consent:email" not in (candidate.patch or {})
    assert "consent" in (candidate.detail or "")


def test_a_grant_for_an_address_that_cannot_be_read_is_not_for_the_one_before(door: Any) -> None:
    candidate = door.accepted(paid(email=5, consent={"email": True}))

    assert candidate.patch["consent:email"].value["address"] is None


CHANGES: list[dict[str, Any]] = [
    {"channel": "email", "status": "withdrawn", "at": 1732270000},
    {"channel": "Email", "status": "WITHDRAWN"},
    {"channel": " email\u200e", "status": False},
    {"channel": "email", "status": "withdrawn", "method": {"by": "mail"}},
    {"channel": "email", "status": "no", "at": [1]},
]


@pytest.mark.parametrize("data", CHANGES)
def test_a_change_of_consent_withdraws_however_it_is_written(data: dict[str, Any], door: Any) -> None:
    candidate = door.accepted({"id": "e", "type": "consent.changed", "customer": {"id": "c"}, "data": data})

    assert candidate.patch["consent:email"].value["status"] == "withdrawn"
    if data.get("at") == 1732270000:
        assert candidate.patch["consent:email"].at == 1732270000 * 1_000_000


def test_every_field_of_a_consent_besides_its_status_may_be_odd() -> None:
    assert set(MAY_BE_ODD[ConsentForm]) == {"at", "method"}


GUESTS: list[dict[str, Any]] = [
    {"id": placeholder, **who}
    for placeholder in (0, "", "null", "Guest", "\u06f0")
    for who in ({"email": "g@example.test"}, {"phone": "09121234567"}, {"anonymous_id": "b-1"})
]


@pytest.mark.parametrize("customer", GUESTS)
def test_a_placeholder_hides_nobody_whom_something_else_names(customer: dict[str, Any], door: Any) -> None:
    named = {name: value for name, value in customer.items() if name != "id"}
    known = door.accepted({**paid(), "customer": named})
    candidate = door.accepted({**paid(), "customer": customer})

    assert candidate.event.customer_id == known.event.customer_id
    assert "customer.id (a placeholder" in (candidate.detail or "")


@pytest.mark.parametrize("placeholder", ["", 0, "null"])
def test_an_id_outside_the_data_counts_where_the_other_is_a_placeholder(placeholder: Any, door: Any) -> None:
    outside = {**as_cloud_event({**paid(), "customer": {"id": placeholder}}), "customerid": "ext-3"}
    empty = {**as_cloud_event({**paid(), "customer": []}), "customerid": placeholder, "subject": "customer/ext-3"}
    neither = {**as_cloud_event({**paid(), "customer": {"id": placeholder}}), "customerid": placeholder}

    assert door.accepted(outside, STRUCTURED).event.customer_id == "ext-3"
    assert door.accepted(empty, STRUCTURED).event.customer_id == "ext-3"
    assert door.code(neither, STRUCTURED) == "bad_customer_id"


def test_a_refund_of_nobody_finds_its_customer_by_its_order(door: Any) -> None:
    data = {**ORDER, "refund_id": "r", "amount": "5"}
    candidate = door.accepted({"id": "e", "type": "refund.issued", "customer": {"id": 0}, "data": data})

    assert candidate.event.customer_id is None


@pytest.mark.parametrize("mark", ["\u200e", "\u200f", "\u200c", "\ufeff", "\u00a0", " "])
@pytest.mark.parametrize("side", [0, 1])
def test_what_nobody_sees_around_a_field_is_not_in_it(mark: str, side: int, door: Any) -> None:
    block = {"email": "g@example.test", "zone": "Asia/Tehran", "locale": "fa-IR", "birthday": "1990-05-01"}
    marked = {name: mark + text if side else text + mark for name, text in block.items()}
    plain, candidate = door.accepted(paid(**block)), door.accepted(paid(**marked))

    assert (candidate.patch, candidate.code) == (plain.patch, None)
    guest = door.accepted({**paid(), "customer": {"email": marked["email"]}})
    assert guest.event.customer_id == door.accepted({**paid(), "customer": {"email": block["email"]}}).event.customer_id


def test_a_birthday_may_be_in_persian_digits(door: Any) -> None:
    assert door.accepted(paid(birthday="۱۹۹۰-۰۵-۰۱")).patch["birthday"].value == "1990-05-01"
