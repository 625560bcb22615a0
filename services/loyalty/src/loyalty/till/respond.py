"""Puts a command to the till, and makes a response of its answer."""

from collections.abc import Mapping
from typing import Annotated

from fastapi import Header, Response
from msgspec import json

from loyalty.till.command import Answer, Command
from mandegar.customers.group_commit import Busy, GroupCommit, Unavailable
from mandegar.web import Problem
from mandegar.web.json_answer import as_bytes

KEY_MAX = 255
# How routes that put commands document a refusal of all of them.
BUSY = (503, "busy", "too many requests wait; nothing was done")
REPLAYED = "Idempotency-Replayed"

IdempotencyKey = Annotated[
    str,
    Header(
        min_length=1,
        max_length=KEY_MAX,
        description="Any text of the caller's, such as a UUID: a repetition of the request with it changes nothing and "
        "has the same answer, which is kept for two days. Another request under it is refused",
    ),
]


async def respond(till: GroupCommit[Command, Answer], command: Command) -> Response:
    """The response to a command, once it is committed; raises the problem of a refusal."""
    try:
        answer = await till.submit(command)
    except Busy as error:
        raise Problem(503, "busy", "Too many requests wait; nothing was done, try again shortly") from error
    except Unavailable as error:
        raise Problem(
            503,
            "unavailable",
            "The database did not answer in time",
            "The request may have been carried out: repeat it with the same Idempotency-Key",
        ) from error
    headers = {REPLAYED: "true"} if answer.repeated else {}
    if answer.refused:
        raise problem_of(answer, headers)
    return Response(as_bytes(answer.body), answer.status, headers, media_type="application/json")


def problem_of(refusal: Answer, headers: Mapping[str, str] | None = None) -> Problem:
    """The problem with which a request is answered that a command refuses."""
    told = json.decode(as_bytes(refusal.body))
    return Problem(refusal.status, told.pop("code"), told.pop("title"), told.pop("detail"), headers=headers, **told)
