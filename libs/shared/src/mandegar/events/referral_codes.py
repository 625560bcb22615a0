"""Personal codes of customers who refer others: their form, and the pseudonym that stands for one.

A code is nine symbols in groups of three, such as ``JPF-CMR-TQT``. No two symbols look alike, there is no vowel and so
no word, the first is a letter, so that a code keeps its order within Persian text, and the last checks the others: one
wrong symbol, or two that changed places, make no code.
"""

import hmac
import unicodedata
from hashlib import sha256
from typing import Final

from mandegar.events.addresses import ascii_digits

LETTERS: Final = "CDFGHJKMNPQRTWXY"
ALPHABET: Final = LETTERS + "3479"
SYMBOLS: Final = 9
_GROUP: Final = 3
_WRITTEN_MAX: Final = 64
_LEFT_OUT: Final = frozenset({"Cf", "Pd", "Zs", "Pc"})


def made_code(number: int) -> str:
    """The code that follows from a large number."""
    number, first = divmod(number, len(LETTERS))
    symbols = LETTERS[first]
    while len(symbols) < SYMBOLS - 1:
        number, place = divmod(number, len(ALPHABET))
        symbols += ALPHABET[place]
    return shown(symbols + _check(symbols))


def shown(symbols: str) -> str:
    """A code as people read it: in groups."""
    return "-".join(symbols[place : place + _GROUP] for place in range(0, SYMBOLS, _GROUP))


def normal_code(text: str) -> str:
    """A code in one form, however it was written: in any case and any digits, with spaces, hyphens, invisible marks.

    Raises ``ValueError`` for what is no code.
    """
    if len(text) <= _WRITTEN_MAX:
        written = ascii_digits(unicodedata.normalize("NFKC", text)).upper()
        symbols = "".join(symbol for symbol in written if unicodedata.category(symbol) not in _LEFT_OUT)
        is_code = len(symbols) == SYMBOLS and symbols[0] in LETTERS and set(symbols) <= set(ALPHABET)
        if is_code and _check(symbols[:-1]) == symbols[-1]:
            return symbols
    raise ValueError("this is not the code of a customer: nine symbols, such as JPF-CMR-TQT, without a mistake")


def referral_code_id(text: str, *, shop: str, key: bytes) -> str:
    """The pseudonym of a code in events and tables; raises ``ValueError`` for what is no code."""
    digest = hmac.new(key, f"{shop}|referral|{normal_code(text)}".encode(), sha256).hexdigest()
    return f"h_{digest[:32]}"


def _check(symbols: str) -> str:
    """The symbol behind ``symbols`` that checks them (Luhn's algorithm, over this alphabet)."""
    total, size = 0, len(ALPHABET)
    for place, symbol in enumerate(reversed(symbols)):
        number = ALPHABET.index(symbol) * (2 if place % 2 == 0 else 1)
        total += number // size + number % size
    return ALPHABET[-total % size]
