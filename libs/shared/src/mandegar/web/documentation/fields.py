"""JSON schemas as tables of fields, with links between them, and as sample values."""

from collections.abc import Mapping
from html import escape
from typing import Any

from mandegar.web.documentation.text import anchor, inline, reference_of, table

Schema = Mapping[str, Any]
Schemas = Mapping[str, dict[str, Any]]
_WORDS = {
    "string": "text",
    "integer": "whole number",
    "number": "number",
    "boolean": "true or false",
    "null": "null",
    "array": "list",
    "object": "object",
}
_FORMATS = {"decimal": "decimal", "date-time": "RFC 3339 time", "date": "date", "uuid": "UUID"}
_BOUNDS = {
    "minimum": "at least {}",
    "maximum": "at most {}",
    "minLength": "at least {} characters",
    "maxLength": "at most {} characters",
    "maxItems": "at most {} items",
}
_SAMPLES: dict[str, Any] = {"string": "…", "integer": 1, "number": 1, "boolean": True, "array": [], "object": {}}
_DEEPEST = 4
# A bound that only keeps numbers within a column.
_ENDLESS = 2**31


def schema_link(name: str) -> str:
    return f"<a href='#{anchor('schema', name)}'>{escape(name.removeprefix('Published.'))}</a>"


def type_in_words(schema: Schema) -> str:
    """The type of a value as HTML, such as ``list of <a …>Lot</a> or null``."""
    if name := reference_of(dict(schema)):
        return schema_link(name)
    for choice in ("anyOf", "oneOf"):
        if choice in schema:
            return " or ".join(dict.fromkeys(type_in_words(option) for option in schema[choice]))
    if "const" in schema or "enum" in schema:
        values = schema.get("enum", [schema.get("const")])
        return " or ".join("null" if value is None else f"<code>{escape(str(value))}</code>" for value in values)
    types = schema.get("type", "any value")
    words = [_WORDS.get(type_, type_) for type_ in ([types] if isinstance(types, str) else types)]
    words = [_FORMATS.get(schema.get("format", ""), word) if word == "text" else word for word in words]
    if "items" in schema:
        words = [f"list of {type_in_words(schema['items'])}" if word == "list" else word for word in words]
    inner = schema.get("additionalProperties")
    if isinstance(inner, dict) and inner:
        words = [f"object of {type_in_words(inner)}" if word == "object" else word for word in words]
    return " or ".join(words)


def notes(schema: Schema) -> str:
    """The description of a value, its bounds and its default, as HTML."""
    told = [inline(str(schema["description"]))] if schema.get("description") else []
    options = (schema, *schema.get("anyOf", ()))
    bounds = [(text, option[name]) for option in options for name, text in _BOUNDS.items() if name in option]
    told += [
        text.format(bound) for text, bound in bounds if bound < _ENDLESS and text.format(bound) not in "".join(told)
    ]
    if (default := schema.get("default")) not in (None, "", [], {}):
        told.append(f"defaults to <code>{escape(str(default))}</code>")
    return "; ".join(told)


def field_table(schema: Schema) -> str:
    """The fields of an object as a table; other schemas in one line."""
    if mapping := schema.get("discriminator", {}).get("mapping"):
        rows = [
            (f"<code>{escape(value)}</code>", schema_link(str(to).rpartition("/")[2])) for value, to in mapping.items()
        ]
        return table((f"<code>{escape(schema['discriminator']['propertyName'])}</code>", "schema"), rows)
    if not (properties := schema.get("properties")):
        return f"<p>{type_in_words(schema)}</p>"
    required = set(schema.get("required", ()))
    return table(
        ("field", "type", ""),
        [
            (f"<code>{escape(name)}</code>{_needed(name in required)}", type_in_words(field), notes(field))
            for name, field in properties.items()
        ],
    )


def _needed(required: bool) -> str:
    return " <span class=needed>required</span>" if required else ""


def sample(schema: Schema, schemas: Schemas, depth: int = 0) -> Any:
    """A value of this form: examples and defaults where the schema has them."""
    if name := reference_of(dict(schema)):
        return sample(schemas.get(name, {}), schemas, depth + 1)
    for source in ("example", "const", "default"):
        if source in schema:
            return schema[source]
    for source in ("examples", "enum"):
        if schema.get(source):
            return schema[source][0]
    for choice in ("anyOf", "oneOf"):
        if choice in schema:
            # A command that is copied as it is must not set what may stay as it is.
            nothing = any(option.get("type") == "null" for option in schema[choice])
            return None if nothing else sample(schema[choice][0], schemas, depth + 1)
    types = schema.get("type", "string")
    type_ = types if isinstance(types, str) else types[0]
    if type_ == "object" and depth < _DEEPEST:
        properties = schema.get("properties", {})
        names = schema.get("required") or list(properties)
        return {name: sample(properties[name], schemas, depth + 1) for name in names if name in properties}
    return _SAMPLES.get(type_)
