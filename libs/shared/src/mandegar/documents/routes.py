"""Building blocks for routes of documents: request body, answers and problems."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from math import ceil
from typing import Annotated, Any, TypeAlias

from fastapi import Path, Query, Request, Response
from pydantic import AfterValidator, AwareDatetime, BaseModel, Field

from mandegar.documents.kind import DocumentKind
from mandegar.documents.nodes import InvalidDocument
from mandegar.documents.rows import Version
from mandegar.documents.versions import Stored, VersionRefused, in_force
from mandegar.web import Problem, errors
from mandegar.web.edge.limits import BODY_BYTES
from mandegar.web.paging import in_utc

BODY_BYTES_MAX = 256 * 1024
PUT_ANSWERS: dict[int | str, dict[str, Any]] = {
    200: {"description": "This document is in force then already: nothing was stored"},
    201: {"description": "The new version"},
    **errors(
        (409, "too_many_versions", "the shop stores as many versions as it may"),
        (422, "invalid_programme", "this programme has errors (`errors`: line and message of each)"),
        (422, "invalid_catalogue", "this catalogue has errors (`errors`: line and message of each)"),
        (422, "invalid_journey", "this journey has errors (`errors`: line and message of each)"),
        (422, "too_late", "it cannot take effect in the past"),
        (422, "same_instant", "another version takes effect at that instant"),
        (422, "too_far", "it would take effect too far in the future"),
        (422, "too_many", "the shop has as many versions to come, or names, as it may"),
        (429, "too_often", "the shop has stored many versions within 24 hours; retry after `Retry-After`"),
    ),
}
WITHDRAW_ANSWERS: dict[int | str, dict[str, Any]] = {
    204: {"description": "The version is withdrawn"},
    **errors(
        (404, "unknown_version", "there is no such version"),
        (409, "in_force", "the version has taken effect, and may have been used"),
    ),
}
YAML_BODY = {
    "requestBody": {"required": True, "content": {"application/yaml": {"schema": {"type": "string"}}}},
    BODY_BYTES: BODY_BYTES_MAX,
}


def _in_utc(instant: datetime | None) -> datetime | None:
    return instant and in_utc(instant)


EffectiveFrom: TypeAlias = Annotated[
    AwareDatetime | None,
    AfterValidator(_in_utc),
    Query(description="When the version takes effect, with a time zone; defaults to now"),
]


VersionNumber: TypeAlias = Annotated[int, Path(ge=1, le=2**31 - 1, description="`version` of a version to come")]


class VersionAnswer(BaseModel):
    """One version of a document."""

    version: int = Field(description="Counts from 1; version 0 is the built-in document")
    effective_from: AwareDatetime | None = Field(description="When it takes effect; null for the built-in document")
    document: str = Field(description="The YAML text as it was sent")


class VersionsAnswer(BaseModel):
    """The version in force, and versions that take effect later."""

    in_force: VersionAnswer
    coming: list[VersionAnswer] = Field(description="In the order in which they take effect")


async def document_text(request: Request, kind: DocumentKind) -> str:
    """The body of a request as text; a 422 problem if it is not UTF-8 or contains NUL."""
    try:
        text = (await request.body()).decode()
    except UnicodeDecodeError as error:
        raise _invalid(kind, "The body is not UTF-8") from error
    if "\0" in text:
        raise _invalid(kind, "The body contains a NUL character")
    return text


@contextmanager
def document_problems(kind: DocumentKind) -> Iterator[None]:
    """Turn ``InvalidDocument`` (errors by line) and ``VersionRefused`` of the block into problems."""
    try:
        yield
    except InvalidDocument as error:
        raise _invalid(kind, errors=[line._asdict() for line in error.errors]) from error
    except VersionRefused as error:
        headers = {"Retry-After": str(ceil(error.retry_after.total_seconds()))} if error.retry_after else None
        raise Problem(error.status, error.code, error.detail, headers=headers, **error.extra) from error


def stored_answer(stored: Stored, response: Response) -> VersionAnswer:
    """The answer to a PUT: 201 for a new version, 200 if it was stored before."""
    response.status_code = 201 if stored.new else 200
    return version_answer(stored.version)


def versions_answer(versions: Sequence[Version], built_in: Version, now: datetime) -> VersionsAnswer:
    """The answer to a GET of one document: ``versions`` ascend by ``effective_from``."""
    return VersionsAnswer(
        in_force=version_answer(in_force(versions, now) or built_in),
        coming=[version_answer(version) for version in versions if version.effective_from > now],
    )


def version_answer(version: Version) -> VersionAnswer:
    """A version as answers contain it."""
    effective_from = version.effective_from if version.version else None
    return VersionAnswer(version=version.version, effective_from=effective_from, document=version.document)


def _invalid(kind: DocumentKind, detail: str | None = None, **extra: Any) -> Problem:
    return Problem(422, f"invalid_{kind.noun}", f"This is not a valid {kind.noun}", detail, **extra)
