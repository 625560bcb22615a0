"""What the documentation says of the events that a shop may post is what the doors read."""

import json
from dataclasses import MISSING, fields
from decimal import Decimal
from typing import Any

import msgspec
import pytest

from harness.apps import SERVICES, app_without_database
from ingest.domain.forms import FORMS, CustomerForm
from ingest.domain.known_types import unknown_type
from ingest.domain.outcomes import Refused
from ingest.doors.catalogue.examples import EXAMPLES
from ingest.doors.catalogue.meanings import MEANINGS
from ingest.doors.catalogue.schemas import schemas
from ingest.doors.catalogue.texts import FIELDS
from ingest.doors.native.form import NATIVE

SCHEMAS = schemas()
VALUES: dict[str, Any] = {
    "string": "1", "integer": 1, "number": 1.5, "boolean": True, "null": None, "array": [], "object": {},
}  # fmt: skip
DOCUMENT = app_without_database(SERVICES["ingest"]).openapi()


def resolved(schema: dict[str, Any]) -> dict[str, Any]:
    return SCHEMAS[schema["$ref"].rpartition("/")[2]] if "$ref" in schema else schema


def types_of(schema: dict[str, Any]) -> set[str]:
    """The JSON types that a schema allows."""
    schema = resolved(schema)
    if "anyOf" in schema:
        return set().union(*(types_of(option) for option in schema["anyOf"]))
    type_ = schema["type"]
    types = {type_} if isinstance(type_, str) else set(type_)
    return types | ({"integer"} if "number" in types else set())


def name_of(form: type) -> str:
    return f"{form.__name__.removesuffix('Form')}Data"


def test_every_type_that_a_door_reads_is_explained_and_has_an_example():
    assert list(MEANINGS) == list(FORMS)
    assert sorted(EXAMPLES) == sorted(FORMS)


@pytest.mark.parametrize("form", FIELDS, ids=lambda form: form.__name__)
def test_every_field_of_a_form_is_explained_and_no_other(form):
    names = [field.name for field in fields(form)]

    assert set(FIELDS[form]) == set(names), "say in ingest/doors/catalogue/texts.py what the field means"
    assert set(SCHEMAS[name_of(form)]["properties"]) == set(names)


@pytest.mark.parametrize("form", [*dict.fromkeys(FORMS.values()), CustomerForm], ids=lambda form: form.__name__)
def test_the_schema_allows_the_types_of_values_that_the_decoder_reads(form):
    decoder = msgspec.json.Decoder(form)
    schema = SCHEMAS[name_of(form)]
    base = {name: VALUES[max(types_of(schema["properties"][name]))] for name in schema.get("required", ())}
    for name, property_ in schema["properties"].items():
        for type_, value in VALUES.items():
            try:
                decoder.decode(json.dumps({**base, name: value}).encode())
            except msgspec.ValidationError:
                read = False
            else:
                read = True
            assert read == (type_ in types_of(property_)), f"{form.__name__}.{name} as {type_}"


@pytest.mark.parametrize("form", [*dict.fromkeys(FORMS.values()), CustomerForm], ids=lambda form: form.__name__)
def test_the_schema_requires_what_the_decoder_requires(form):
    required = {field.name for field in fields(form) if field.default is MISSING and field.default_factory is MISSING}

    assert set(SCHEMAS[name_of(form)].get("required", ())) == required


@pytest.mark.parametrize("type_", FORMS)
def test_an_example_is_read_to_the_last_field(type_):
    form = NATIVE.read(json.dumps(EXAMPLES[type_]).encode(), None)

    assert form.type == type_
    for name, value in EXAMPLES[type_]["data"].items():
        read = getattr(form.data, name)
        assert read == (Decimal(value) if isinstance(read, Decimal) else value) or name == "items"


def test_the_body_of_the_door_is_a_union_by_type_of_all_types():
    content = DOCUMENT["paths"]["/v1/events"]["post"]["requestBody"]["content"]
    event = DOCUMENT["components"]["schemas"]["Event"]

    assert set(content["application/json"]["examples"]) == set(FORMS)
    assert event["discriminator"]["propertyName"] == "type"
    assert set(event["discriminator"]["mapping"]) == set(FORMS)
    for type_, reference in event["discriminator"]["mapping"].items():
        one = DOCUMENT["components"]["schemas"][reference.rpartition("/")[2]]
        assert type_ in one["properties"]["type"]["enum"]
        assert one["properties"]["data"]["$ref"].endswith(name_of(FORMS[type_]))
        assert {"$ref": reference} in event["oneOf"]


@pytest.mark.parametrize("service", SERVICES)
def test_every_reference_of_a_document_leads_to_a_schema(service):
    document = app_without_database(SERVICES[service]).openapi()
    text = json.dumps(document)

    for part in text.split('"#/components/schemas/')[1:]:
        assert part.partition('"')[0] in document["components"]["schemas"]
    assert "HTTPValidationError" not in text


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("order.payed", "order.paid"), ("order_paid", "order.paid"), ("orderPaid", "order.paid"),
        ("ORDER.PAID", "order.paid"), ("refund.created", "refund.issued"), ("customer.update", "customer.updated"),
        ("product.view", "product.viewed"), ("orders/updated", "order.updated"), ("ticket.close", "ticket.closed"),
        ("order.created", "order.placed"), ("Order Completed", "order.paid"), ("order.canceled", "order.cancelled"),
    ],
)  # fmt: skip
def test_a_type_that_is_not_known_is_answered_with_the_one_that_was_meant(written, meant):
    text = unknown_type(written)

    assert f"did you mean {meant}" in text
    assert all(text.count(type_) == 1 for type_ in FORMS)


@pytest.mark.parametrize("written", ["", "x", "sara@example.test", "order.paid" * 10_000, "\x00", "<script>", "سفارش"])
def test_any_other_type_is_answered_with_the_known_ones_and_is_not_repeated(written):
    text = unknown_type(written)

    assert all(text.count(type_) == 1 for type_ in FORMS)
    assert "sara" not in text
    assert "<" not in text
    assert len(text) < 700


def test_the_door_names_the_type_that_was_meant():
    with pytest.raises(Refused, match=r"did you mean order.paid") as refused:
        NATIVE.read(b'{"id": "1", "type": "order.payed"}', None)

    assert refused.value.code == "unknown_type"
