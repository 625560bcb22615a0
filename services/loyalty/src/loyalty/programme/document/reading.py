"""Reads the text of a programme."""

from loyalty.domain.programme import Programme
from loyalty.programme.document.kind import PROGRAMMES
from loyalty.programme.document.version_1 import ProgrammeDocument
from loyalty.programme.document.version_2 import ProgrammeDocument2
from mandegar.documents.nodes import InvalidDocument
from mandegar.documents.reading import read_versioned
from mandegar.documents.rows import Head
from mandegar.quantities import to_us
from mandegar.telemetry import metrics
from mandegar.telemetry.logging import logger

log = logger(__name__)


def parse_programme(text: str, *, version: int, effective_from: int, currency: str, is_new: bool = False) -> Programme:
    """The programme in a YAML text. Raises ``InvalidDocument`` with every error and its line."""
    document = read_versioned(text, ProgrammeDocument, ProgrammeDocument2, currency=currency, is_new=is_new)
    return document.programme(version=version, effective_from=effective_from)


def readable_programme(head: Head, text: str, currency: str) -> Programme | None:
    """The programme of a stored version; None if this release cannot read the document, which another has stored."""
    try:
        return parse_programme(text, version=head.version, effective_from=to_us(head.effective_from), currency=currency)
    except InvalidDocument as error:
        log.error("programme_unreadable", shop=head.shop, version=head.version, error=str(error))  # noqa: TRY400
        metrics.DOCUMENTS_UNREADABLE.labels(PROGRAMMES.noun).inc()
        return None
