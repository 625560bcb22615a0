"""The body of ``POST /v1/events`` in OpenAPI: schemas, and an example of each type."""

from typing import Any

from ingest.doors.catalogue.examples import EXAMPLES, as_cloud_event
from ingest.doors.catalogue.meanings import MEANINGS
from ingest.doors.catalogue.schemas import body_content, schemas
from mandegar.web.openapi import COMPONENTS

_FIRST = "order.paid"
_CLOUD_EVENT = as_cloud_event(EXAMPLES[_FIRST])


def _content() -> dict[str, Any]:
    content = body_content()
    content["application/json"]["examples"] = {
        type_: {"summary": MEANINGS[type_], "value": EXAMPLES[type_]}
        for type_ in sorted(EXAMPLES, key=lambda name: name != _FIRST)
    }
    content["application/cloudevents+json"]["example"] = _CLOUD_EVENT
    content["application/cloudevents-batch+json"]["example"] = [_CLOUD_EVENT]
    return content


BODY: dict[str, Any] = {"requestBody": {"required": True, "content": _content()}, COMPONENTS: schemas()}
