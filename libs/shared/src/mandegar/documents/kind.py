"""A kind of document, as a constant of the service that stores it."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class DocumentKind:
    """A kind of document that shops write, and the table of its versions.

    ``noun`` names it in answers. ``named``: a shop has several documents of the kind, distinguished by name; otherwise
    it has one, whose name is empty. ``recomputed``: customers are recomputed under each version, with its progress.
    ``versions_max`` and ``per_day_max`` bound the versions that a shop stores, of all its documents of the kind.
    """

    noun: str
    table: str
    named: bool = True
    recomputed: bool = False
    versions_max: int = 2000
    per_day_max: int = 200
