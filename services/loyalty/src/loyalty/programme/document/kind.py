"""Programmes among the versioned documents of a shop."""

from mandegar.documents.kind import DocumentKind

PROGRAMMES = DocumentKind("programme", "programmes", named=False, recomputed=True, versions_max=500, per_day_max=50)
