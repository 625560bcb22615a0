"""The section ``hold`` of version 1."""

from loyalty.programme.document.amounts import Days
from mandegar.documents.model import DocumentModel


class Hold(DocumentModel):
    """How long points wait after the payment before they can be used."""

    days: Days
