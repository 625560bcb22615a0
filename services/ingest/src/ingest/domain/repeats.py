"""Whether two bodies under one event id say the same."""

import json
from typing import Any

from ingest.domain.candidates import Candidate


def says_the_same(candidate: Candidate, before: bytes) -> bool:
    """Whether the body of an event accepted before is the candidate's, in the same or in another form.

    Forms differ in white space, in how a number or a time is written, and in fields that nobody reads, such as a
    counter of attempts. Both bodies are therefore read, under the settings of now, and what came out is compared.
    """
    if same_document(candidate.body, before):
        return True
    other = None if candidate.read_again is None else candidate.read_again(before)
    return isinstance(other, Candidate) and _content(other) == _content(candidate)


def _content(candidate: Candidate) -> tuple[object, ...]:
    return candidate.event, candidate.patch, candidate.links


def same_document(first: bytes, second: bytes) -> bool:
    """Whether the texts are equal apart from white space and the order of members."""
    if first == second:
        return True
    try:
        return bool(_read(first) == _read(second))
    except (ValueError, RecursionError):
        return False


def _read(body: bytes) -> Any:
    return json.loads(body, parse_float=str)
