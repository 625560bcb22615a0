"""The door behind ``POST /v1/events``."""

from collections.abc import Sequence

from msgspec import json, to_builtins
from starlette.responses import Response

from ingest.domain.outcomes import Result
from ingest.domain.sources import Source
from ingest.doors.door import Door
from ingest.doors.native.content_type import form_of
from ingest.doors.source_key import source_of_key
from mandegar.web import Problem


def answer(results: Sequence[Result], source: Source) -> Response:
    """One result for each event; 422 only if every event was rejected."""
    if results and all(result.status == "rejected" for result in results):
        problem = Problem(
            422, "all_rejected", "Every event was rejected", results=[to_builtins(result) for result in results]
        )
        return problem.response()
    return Response(json.encode({"results": results}), source.success_status, media_type="application/json")


EVENTS = Door("http", source_of_key, form_of, answer)
