"""Reads the text of a programme."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

from loyalty.domain.programme import Programme
from loyalty.programme.document.gifts import types_in_gifts
from loyalty.programme.document.kind import PROGRAMMES
from loyalty.programme.document.version_1 import ProgrammeDocument
from loyalty.programme.document.version_2 import ProgrammeDocument2
from loyalty.programme.document.words import Forms, Published, as_written, forms_of
from mandegar.calendar import ShopDays
from mandegar.documents.nodes import InvalidDocument, read_nodes
from mandegar.documents.reading import read_versioned
from mandegar.documents.rows import Head
from mandegar.quantities import to_us
from mandegar.telemetry import metrics
from mandegar.telemetry.logging import logger

log = logger(__name__)
_NO_WORDS: Mapping[str, str] = MappingProxyType({})
_AS_WRITTEN = Forms(as_written, as_written)


def parse_programme(
    text: str,
    *,
    version: int,
    effective_from: int,
    currency: str,
    is_new: bool = False,
    forms: Forms = _AS_WRITTEN,
    stored_at: int | None = None,
) -> Programme:
    """The programme in a YAML text. Raises ``InvalidDocument`` with every error and its line.

    ``forms`` are those in which events name words of the shop. Of a version that is stored, ``stored_at`` is
    when it was: it is about no acts from before.
    """
    context = {"currency": currency, "is_new": is_new, **forms._asdict()}
    document = read_versioned(text, ProgrammeDocument, ProgrammeDocument2, **context)
    return document.programme(version=version, effective_from=effective_from, stored_at=stored_at)


def types_of_acts(text: str) -> frozenset[str]:
    """The types of events of which rules of a stored version keep something, whatever else is in its document."""
    try:
        value = read_nodes(text).value
    except InvalidDocument:
        return frozenset()
    if not isinstance(value, dict) or value.get("version") != "2":
        return frozenset()
    stated = [rule.get("on") for rule in _sections(value.get("acts"))]
    for challenge in _sections(value.get("challenges")):
        stated += [goal.get("of") for goal in _sections([challenge.get("goal")])]
    return frozenset(on for on in stated if isinstance(on, str)) | types_in_gifts(value)


def _sections(value: Any) -> list[dict[str, Any]]:
    return [section for section in value if isinstance(section, dict)] if isinstance(value, list) else []


def check_programme(
    text: str, *, currency: str, zone: ShopDays, begin: int, published: Published, spelt: Published | None = None
) -> Programme:
    """The programme in a new text. It may not have mistakes from the day ``begin`` on, and its examples must hold in
    the calendar ``zone``; raises ``InvalidDocument``. ``spelt`` is asked for other spellings of words.
    """
    forms = Forms(published, spelt or published)
    context = {"currency": currency, "is_new": True, **forms._asdict(), "zone": zone, "begin": begin}
    document = read_versioned(text, ProgrammeDocument, ProgrammeDocument2, **context)
    return document.programme(version=1, effective_from=0)


def readable_programme(head: Head, text: str, currency: str, words: Mapping[str, str] = _NO_WORDS) -> Programme | None:
    """The programme of a stored version; None if this release cannot read the document, which another has stored.

    ``words`` are those that events name in another form.
    """
    try:
        return parse_programme(
            text,
            version=head.version,
            effective_from=to_us(head.effective_from),
            currency=currency,
            forms=forms_of(words, text),
            stored_at=to_us(head.created_at),
        )
    except InvalidDocument as error:
        log.error("programme_unreadable", shop=head.shop, version=head.version, error=str(error))  # noqa: TRY400
        metrics.DOCUMENTS_UNREADABLE.labels(PROGRAMMES.noun).inc()
        return None
