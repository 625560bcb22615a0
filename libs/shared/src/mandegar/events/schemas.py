"""JSON schemas of the events on the topics, generated from the structs that services read."""

from typing import Any

from msgspec import Struct, json

from mandegar.events.registry import TYPES, types_of

_REFERENCE = "#/components/schemas/"
PREFIX = "Published."


def published_schemas(topic: str) -> dict[str, dict[str, Any]]:
    """The schema of the data of each event type on ``topic``, and of their parts, by their names in OpenAPI."""
    by_struct: dict[type[Struct], list[str]] = {}
    for type_ in TYPES:
        if type_ in types_of(topic):
            by_struct.setdefault(TYPES[type_], []).append(type_)
    _, generated = json.schema_components(by_struct, ref_template=f"{_REFERENCE}{PREFIX}{{name}}")
    types = {struct.__name__: types for struct, types in by_struct.items()}
    found = {f"{PREFIX}{name}": _clean(schema) for name, schema in generated.items()}
    for name, named in types.items():
        found[f"{PREFIX}{name}"]["x-mandegar-event-types"] = named
    return found


def _clean(schema: Any) -> Any:
    """A schema without titles, which repeat the names of classes, and with plain texts for descriptions."""
    if isinstance(schema, list):
        return [_clean(item) for item in schema]
    if not isinstance(schema, dict):
        return schema
    cleaned = {name: _clean(value) for name, value in schema.items() if name != "title" or not isinstance(value, str)}
    if isinstance(cleaned.get("description"), str):
        cleaned["description"] = " ".join(cleaned["description"].replace("``", "`").split())
    return cleaned
