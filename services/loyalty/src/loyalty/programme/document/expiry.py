"""The section ``expiry``."""

from loyalty.programme.document.amounts import Days, SomeDays
from mandegar.documents.model import DocumentModel


class Expiry(DocumentModel):
    """How long usable points last, and how early their end is announced."""

    days: SomeDays
    warn_days: Days = 14
