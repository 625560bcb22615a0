"""A mutation: one guard of the product taken out by replacing one piece of text in one file."""

from pathlib import Path
from typing import NamedTuple


class Mutation(NamedTuple):
    """``old`` stands exactly once in ``file``; with ``new`` in its place ``guard`` is gone, and ``tests`` notice."""

    name: str
    guard: str
    file: str
    old: str
    new: str
    tests: tuple[str, ...]


class Outdated(ValueError):
    """The source has changed: the mutation no longer takes out what it names."""


def mutated(mutation: Mutation, root: Path) -> str:
    """The text of the mutation's file under ``root`` without the guard; ``Outdated`` if it is no longer there once."""
    text = (root / mutation.file).read_text()
    found = text.count(mutation.old)
    if found != 1:
        raise Outdated(
            f"{mutation.name}: its old text stands {found} times in {mutation.file}, not once; "
            "bring the mutation up to date with what guards this now"
        )
    return text.replace(mutation.old, mutation.new)
