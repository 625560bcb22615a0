"""JSON schemas of the events that doors read, generated from the forms they are read into."""

from typing import Any

from msgspec import json

from ingest.domain.forms import FORMS, CustomerForm, DataForm
from ingest.doors.catalogue.meanings import MEANINGS
from ingest.doors.catalogue.texts import FIELDS
from ingest.doors.request.limits import BATCH_EVENTS_MAX

_REFERENCE = "#/components/schemas/"
_DECIMAL = {"type": "string", "format": "decimal"}
_ID = {
    "type": ["string", "integer"],
    "description": "The shop's id of the event. The same event again, with the same id, has no further effect",
}
_TIME = {
    "type": ["string", "null"],
    "format": "date-time",
    "description": "When it happened. Without a zone it is read in the zone of the shop; it defaults to now",
}


def _types_of(form: type[DataForm]) -> list[str]:
    return [type_ for type_, data in FORMS.items() if data is form]


def _name(form: type) -> str:
    return f"{form.__name__.removesuffix('Form')}Data"


def _event_name(form: type) -> str:
    return f"{form.__name__.removesuffix('Form')}Event"


def schemas() -> dict[str, dict[str, Any]]:
    """The schemas by name: one for the data of each form, one for each form's events, and a CloudEvent."""
    datas: list[type[DataForm]] = list(dict.fromkeys(FORMS.values()))
    _, generated = json.schema_components([*datas, CustomerForm], ref_template=_REFERENCE + "{name}")
    named = {f"{form.__name__}": form for form in FIELDS}
    parts = {_name(named[name]): _described(named[name], schema) for name, schema in generated.items()}
    return {
        "Event": _any_event(datas),
        **{_event_name(form): _event(form) for form in datas},
        "CloudEvent": _cloud_event(datas),
        **parts,
    }


def body_content() -> dict[str, Any]:
    """The content of the body of ``POST /v1/events`` by media type."""
    event, cloud_event = {"$ref": f"{_REFERENCE}Event"}, {"$ref": f"{_REFERENCE}CloudEvent"}
    several = {"type": "array", "items": event, "maxItems": BATCH_EVENTS_MAX}
    wrapped = {"type": "object", "required": ["events"], "properties": {"events": several}}
    batch = {"type": "array", "items": cloud_event, "maxItems": BATCH_EVENTS_MAX}
    return {
        "application/json": {"schema": {"anyOf": [event, several, wrapped]}},
        "application/cloudevents+json": {"schema": cloud_event},
        "application/cloudevents-batch+json": {"schema": batch},
    }


def _described(form: type, schema: dict[str, Any]) -> dict[str, Any]:
    properties = {}
    for name, field in schema["properties"].items():
        told = FIELDS[form][name]
        properties[name] = {**_plain(field), **told.more, "description": told.text}
    required = {"required": schema["required"]} if schema["required"] else {}
    return {"type": "object", **required, "properties": properties}


def _plain(field: dict[str, Any]) -> dict[str, Any]:
    """A field as people read it: alternatives of plain types are one list; an amount may be a number as well."""
    default = {} if field.get("default") in (None, "") else {"default": field["default"]}
    options = [_option(option) for option in field.get("anyOf", [field])]
    plain = [option["type"] for option in options if set(option) <= {"type", "format"} and "type" in option]
    types = [type_ for one in plain for type_ in (one if isinstance(one, list) else [one])]
    others = [option for option in options if not (set(option) <= {"type", "format"} and "type" in option)]
    formats = {"format": "decimal"} if any(option.get("format") == "decimal" for option in options) else {}
    if len(options) == 1 and others:
        return {**others[0], **default}
    if not others:
        return {"type": types[0] if len(types) == 1 else types, **formats, **default}
    return {"anyOf": [*others, *({"type": type_} for type_ in types)], **default}


def _option(option: dict[str, Any]) -> dict[str, Any]:
    if option.items() >= _DECIMAL.items():
        return {"type": ["string", "number"], "format": "decimal"}
    option = {name: value for name, value in option.items() if name not in ("default", "title")}
    if "$ref" in option:
        return {"$ref": option["$ref"].removesuffix("Form") + "Data"}
    for inner in ("items", "additionalProperties"):
        if isinstance(option.get(inner), dict):
            option[inner] = _plain(option[inner])
    return option


def _event(form: type[DataForm]) -> dict[str, Any]:
    types = _types_of(form)
    return {
        "type": "object",
        "description": "; ".join(f"`{type_}`: {MEANINGS[type_]}" for type_ in types),
        "required": ["id", "type", "data"],
        "properties": {
            "id": _ID,
            "type": {"type": "string", "enum": types, "description": "What happened"},
            "time": _TIME,
            "customer": {"$ref": f"{_REFERENCE}CustomerData", "description": "Who it is about"},
            "data": {"$ref": _REFERENCE + _name(form)},
        },
    }


def _any_event(datas: list[type[DataForm]]) -> dict[str, Any]:
    references = {form: _REFERENCE + _event_name(form) for form in datas}
    return {
        "description": "An event in the native form. `type` decides which fields `data` has",
        "oneOf": [{"$ref": reference} for reference in references.values()],
        "discriminator": {
            "propertyName": "type",
            "mapping": {type_: references[form] for type_, form in FORMS.items()},
        },
    }


def _cloud_event(datas: list[type[DataForm]]) -> dict[str, Any]:
    text = {"type": "string"}
    return {
        "type": "object",
        "description": "A CloudEvent 1.0. In the binary form its attributes are `ce-` headers, and the body is "
        "its data. Its customer is `data.customer`, else `customerid`, else the id in a `subject` of the form "
        "`customer/<id>`",
        "required": ["specversion", "id", "source", "type"],
        "properties": {
            "specversion": {"type": "string", "enum": ["1.0"]},
            "id": {**_ID, "description": "Identifies the event together with `source`"},
            "source": {**text, "description": "Where the event comes from, such as the address of the shop"},
            "type": {**text, "enum": list(FORMS), "description": "What happened"},
            "time": _TIME,
            "subject": {**text, "description": "`customer/<id>`, if nothing else names the customer"},
            "customerid": {"type": ["string", "integer"], "description": "The shop's id of the customer"},
            "datacontenttype": {**text, "description": "A JSON media type"},
            "data": {
                "description": "The fields of the type as in the native form, and `customer`",
                "anyOf": [{"$ref": _REFERENCE + _name(form)} for form in datas],
            },
        },
    }
