"""Text as people write it: the one definition of which characters an id, a name or a label may have.

Only what no keyboard writes into a line is refused: control characters, line and paragraph separators, lone surrogates
and noncharacters. Joiners, no-break spaces, direction marks and characters that this Python does not know yet are text.
The classes are written out, because Unicode's grow with every version of Python, and ids must be the same on each.
"""

import re
import unicodedata

# An unpaired surrogate of JSON is read as this noncharacter, which no field accepts.
UNREADABLE = "\uffff"

_NOT_WRITTEN = re.compile(
    "[\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff\ufdd0-\ufdef"
    + "".join(chr(plane << 16 | last) for plane in range(17) for last in (0xFFFE, 0xFFFF))
    + "]"
)
_SPACES = "\u00a0\u1680\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a\u202f\u205f\u3000"
# Soft hyphen, direction marks, embeddings and isolates, zero-width space, word joiner, byte order mark: editors and
# messengers insert them when text is copied, and nobody sees them.
_MARKS = (
    "\u00ad\u061c\u180e\u200b\u200e\u200f\u202a\u202b\u202c\u202d\u202e"
    "\u2060\u2061\u2062\u2063\u2064\u2066\u2067\u2068\u2069\ufeff"
)
# Joiners inside a word or an emoji are spelling; at an edge they join nothing.
_JOINERS = "\u200c\u200d"
_EDGES = " \t\n\v\f\r\x1c\x1d\x1e\x1f\x85\u2028\u2029" + _SPACES + _MARKS + _JOINERS
# The letters of Persian, and those of Arabic that keyboards write for them.
_PERSIAN = "یک"
_ARABIC = "يك"
_PLAIN = str.maketrans(dict.fromkeys(_SPACES, " ") | dict.fromkeys(_MARKS, ""))


def is_written(text: str) -> bool:
    """Whether every character is one that a person can have written in one line."""
    return text.isprintable() or _NOT_WRITTEN.search(text) is None


def trimmed(text: str) -> str:
    """The text without white space and invisible characters around it."""
    return text.strip() if text.isascii() else text.strip(_EDGES)


def plain_id(text: str) -> str:
    """The id that a text states: trimmed, with every kind of space as a space and without invisible marks inside.

    Two ids that differ in nothing that can be seen are one id: a mark that a copy brought along must not make a second
    customer. Joiners stay, because words and emoji are spelt with them. An id of printable characters stays as it is.
    """
    if text.isascii():
        return text.strip()
    text = text.strip(_EDGES)
    return text if text.isprintable() else text.translate(_PLAIN).strip()


def spellings(text: str) -> tuple[str, ...]:
    """The texts that say the same word to whoever reads it, first the text as it is trimmed.

    They differ in invisible marks and kinds of spaces, in how accents are composed, and in whether ye and kaf are the
    letters of Persian or of Arabic, each throughout. Whoever compares words by hashes compares all of them.
    """
    own = trimmed(text)
    if own.isascii():
        return (own,)
    plain = plain_id(text)
    found = dict.fromkeys([own, plain, unicodedata.normalize("NFC", plain), unicodedata.normalize("NFD", plain)])
    for one, other in zip(_PERSIAN, _ARABIC, strict=True):
        for word in [*found]:
            found |= {word.replace(other, one): None, word.replace(one, other): None}
    return tuple(found)
