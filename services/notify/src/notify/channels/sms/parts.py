"""The parts of an SMS: GSM 03.38 septets, or UTF-16 units if any character is outside that alphabet."""

from dataclasses import dataclass
from typing import Literal

_GSM = frozenset(
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?"
    "¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà"
)
_GSM_EXTENDED = frozenset("^{}\\[~]|€\f")
_LIMITS = {"gsm7": (160, 153), "ucs2": (70, 67)}


@dataclass(frozen=True, slots=True)
class Parts:
    """``units`` are septets or UTF-16 units of the whole text, before the headers of its parts."""

    encoding: Literal["gsm7", "ucs2"]
    units: int
    parts: int


def count(text: str) -> Parts:
    """The parts of a text as operators bill them; no character is split over two parts."""
    encoding: Literal["gsm7", "ucs2"]
    if all(character in _GSM or character in _GSM_EXTENDED for character in text):
        encoding, widths = "gsm7", [2 if character in _GSM_EXTENDED else 1 for character in text]
    else:
        encoding, widths = "ucs2", [2 if ord(character) > 0xFFFF else 1 for character in text]
    single, joined = _LIMITS[encoding]
    units = sum(widths)
    return Parts(encoding, units, 1 if units <= single else _packed(widths, joined))


def _packed(widths: list[int], room: int) -> int:
    parts, filled = 1, 0
    for width in widths:
        if filled + width > room:
            parts, filled = parts + 1, 0
        filled += width
    return parts
