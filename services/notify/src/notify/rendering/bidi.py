"""Marks of direction for texts in which right-to-left and left-to-right scripts meet (Unicode UAX #9).

Marks stand only where they change something: in an SMS each takes the room of a letter, and one makes every letter take
twice as much.
"""

from typing import Final
from unicodedata import bidirectional

from notify.domain.language import Language

FSI, PDI = "\u2068", "\u2069"
_MARKS: Final[dict[Language, str]] = {"fa": "\u200f", "en": "\u200e"}
_NUMERALS = frozenset({"EN", "AN"})


def isolated(text: str, language: Language) -> str:
    """``text`` for the middle of a sentence of ``language``: isolated if one could reorder the other."""
    directions = set(map(_direction, text)) - {None}
    # digits take the direction of the letters around them
    follows_others = not directions and any(bidirectional(character) in _NUMERALS for character in text)
    return f"{FSI}{text}{PDI}" if follows_others or directions - {language} else text


def directed(text: str, language: Language) -> str:
    """Each line of ``text`` with the direction of ``language``, whatever its first letter is.

    A line of one direction, such as a link or a code, stays as it is, so that it can be copied.
    """
    return "\n".join(_directed(line, language) for line in text.split("\n"))


def _directed(line: str, language: Language) -> str:
    # Readers that do not know isolates take the first letter of the line, so isolated letters count here.
    directions = [direction for direction in map(_direction, line) if direction]
    return _MARKS[language] + line if language in directions and directions[0] != language else line


def _direction(character: str) -> Language | None:
    """The language that is written in the direction of a letter; None for digits, punctuation, spaces and marks."""
    match bidirectional(character):
        case "R" | "AL":
            return "fa"
        case "L":
            return "en"
        case _:
            return None
