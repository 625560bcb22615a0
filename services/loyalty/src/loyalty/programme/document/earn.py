"""The section ``earn`` of version 1."""

from decimal import Decimal

from loyalty.programme.document.amounts import Amount, Per
from mandegar.documents.model import DocumentModel


class Earn(DocumentModel):
    """``points`` for every ``per`` of net spend."""

    points: Amount = Decimal(1)
    per: Per
