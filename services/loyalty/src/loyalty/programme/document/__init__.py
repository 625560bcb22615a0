"""The document of a programme as a shop writes it, a file per section, and the ``Programme`` it stands for."""

from loyalty.programme.document.amounts import AMOUNT_MAX, POINTS_PER_UNIT_MAX
from loyalty.programme.document.built_in import default_document, default_programme
from loyalty.programme.document.kind import PROGRAMMES
from loyalty.programme.document.reading import check_programme, parse_programme, readable_programme, types_of_acts
from loyalty.programme.document.words import forms_of, mark_of

__all__ = [
    "AMOUNT_MAX",
    "POINTS_PER_UNIT_MAX",
    "PROGRAMMES",
    "check_programme",
    "default_document",
    "default_programme",
    "forms_of",
    "mark_of",
    "parse_programme",
    "readable_programme",
    "types_of_acts",
]
