"""The number of a text, in the languages that its letters show: Persian, English, or both."""

import re

from ingest.domain.sentiment import english, persian

# What stands behind is not read: a text has said what it says by then, and the time that it takes is bounded.
LENGTH_MAX = 400
_PERSIAN = re.compile(r"[\u0621-\u063a\u0641-\u064a\u066e-\u06d3]")
# Letters of Urdu, Pashto, Kurdish and Sindhi.
_NEIGHBOURS = re.compile("[ٹڈڑےۍېټډړڼڕڵێۆەڄڃ]")
# Endings and articles of Arabic, in a text without any letter that only Persian has.
_ARABIC = re.compile(r"ة\b|\bال\w{3,}.*\bال\w{3,}", re.DOTALL)
_ONLY_PERSIAN = re.compile("[پچژگکی]")
_LATIN = re.compile(r"[A-Za-z]")
_LETTER = re.compile(r"[^\W\d_]")


def sentiment_of(text: str | None) -> float | None:
    """The number in hundredths; None if there is no text, or none in a language that is read."""
    if not text:
        return None
    text = text[:LENGTH_MAX]
    in_persian = len(_PERSIAN.findall(text))
    in_latin = len(_LATIN.findall(text))
    if in_persian + in_latin == 0:
        return None if _LETTER.search(text) else _rounded(persian.of_emoji(text))
    parts: list[tuple[float, int]] = []
    if in_persian and _is_persian(text):
        parts.append((persian.sentiment(text), in_persian))
    if in_latin and english.is_english(text, alone=in_persian == 0):
        parts.append((english.sentiment(text), in_latin))
    return _rounded(_mean(parts)) if parts else None


def _is_persian(text: str) -> bool:
    return not _NEIGHBOURS.search(text) and (_ONLY_PERSIAN.search(text) is not None or not _ARABIC.search(text))


def _mean(parts: list[tuple[float, int]]) -> float:
    """By their letters; a part that says nothing, such as the name of a product, does not count."""
    telling = [(value, letters) for value, letters in parts if value] or parts
    return sum(value * letters for value, letters in telling) / sum(letters for _, letters in telling)


def _rounded(value: float | None) -> float | None:
    return None if value is None else round(value, 2) + 0.0
