"""Ids as topics carry them: what does not look like an id that a machine gave becomes a keyed hash.

Nobody can tell whether a text is about a person, but a text in the form of such an id says nothing of one. So it is not
addresses that are looked for: what is let through is.
"""

import hmac
import re
from contextlib import suppress
from hashlib import sha256
from typing import Literal

import phonenumbers

from mandegar.events.addresses import ascii_digits, canonical_address, parse_phone
from mandegar.events.written import is_written, plain_id, spellings

GUEST_PREFIX = "g_"
ANONYMOUS_PREFIX = "a_"
HASHED_PREFIX = "h_"

# How a shop's ids are published: what does not look like an id as a hash, every id of a customer as a hash, or as sent.
IdForm = Literal["pseudonyms", "hash_all", "as_sent"]

_OPAQUE = re.compile(r"[A-Za-z0-9_-]{1,64}")
# Nine digits are a phone number without its prefix; cards, accounts and national ids have more. Hyphens separate them.
DIGITS_MIN = 9
_LONG_NUMBER = re.compile(r"(?<![0-9])[0-9](?:[_-]*+[0-9]){8}")
# Hashes of ours, and ids that machines draw: UUIDs and hexadecimal numbers, which have a letter somewhere.
_HASH = re.compile(r"[gh]_[0-9a-f]{32}")
_DRAWN = re.compile(
    r"(?=[0-9-]*[a-f])(?:[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}|[0-9a-f]{24}|[0-9a-f]{32}|[0-9a-f]{40}|[0-9a-f]{64})",
    re.IGNORECASE,
)

# Shapes of ids that are addresses. They are wider than the grammar of ``addresses``: a mistyped address is no less
# personal, and an id keeps its hash whatever that grammar accepts.
_MAIL = re.compile(r"[^@\s]{1,64}@[^@\s]{1,255}\.[^@\s.]{2,63}")
_PHONE = re.compile(r"(?:\+|00)[1-9]\d{7,14}|09\d{9}")
# Without a plus sign and separators, digits behind zeros are as likely a number that a machine padded, as SAP does.
# Only those of mobile phones in Iran are numbers of phones.
_BARE_PHONE = re.compile(r"(?:09|00989)\d{9}")
_FROM_ABROAD = re.compile(r"00[1-9]\d{7,14}")
_DIGITS = re.compile(r"\d+")
_SEPARATORS = re.compile(r"[\s().-]+")
_NOTHING = frozenset(
    {"", "0", "-1", "null", "none", "nil", "nan", "undefined", "unknown", "[object object]", "true", "false"}
    | {"n/a", "not_set", "00000000-0000-0000-0000-000000000000"}
)
_PLACEHOLDERS = _NOTHING | {"guest", "anonymous", "test", "user", "customer", "id"}


def guest_id(address: str, *, shop: str, key: bytes) -> str:
    """The id of a customer who has a normalised address and no id of the shop's: ``g_`` and an HMAC with ``key``."""
    digest = hmac.new(key, f"{shop}|{address}".encode(), sha256).hexdigest()
    return GUEST_PREFIX + digest[:32]


def address_id(address: str, *, shop: str, key: bytes) -> str:
    """The pseudonym of an address in events, links and tables: the same for every spelling and every customer."""
    return guest_id(canonical_address(address), shop=shop, key=key)


def is_opaque(text: str) -> bool:
    """Whether a text looks like an id: 1 to 64 of ``A-Z a-z 0-9 _ -``, without nine digits in a row unless drawn."""
    if _OPAQUE.fullmatch(text) is None:
        return False
    if len(text) < DIGITS_MIN:
        return True
    return _DRAWN.fullmatch(text) is not None or _LONG_NUMBER.search(text) is None or _HASH.fullmatch(text) is not None


def hashed_id(text: str, *, shop: str, key: bytes) -> str:
    """``h_`` and an HMAC with ``key``: the same for a text wherever a shop writes it. It is opaque itself."""
    digest = hmac.new(key, f"{shop}|id|{text}".encode(), sha256).hexdigest()
    return HASHED_PREFIX + digest[:32]


def opaque_word(text: str, *, shop: str, key: bytes) -> str:
    """An id, coupon, category or label as it is published: itself if it is opaque, else its hash.

    Whoever compares such a word with one that people wrote, in a rule for instance, calls this for the latter.
    """
    return text if is_opaque(text) else hashed_id(text, shop=shop, key=key)


def opaque_spellings(text: str, *, shop: str, key: bytes) -> tuple[str, ...]:
    """What may have been published of a word that people wrote, however they wrote it: first of the text as it is."""
    return tuple(dict.fromkeys([opaque_word(word, shop=shop, key=key) for word in spellings(text)]))


def published_order_id(text: str, form: IdForm, *, shop: str, key: bytes) -> str:
    """The id of an order, a refund or a contract as a shop with this setting publishes it.

    What is published stays the same if it is published again, so whoever compares an id that a shop sends by HTTP with
    one that came by events calls this for it.
    """
    plain = plain_id(text)
    return plain if form == "as_sent" else opaque_word(plain, shop=shop, key=key)


def published_customer_id(canonical: str, form: IdForm, *, shop: str, key: bytes) -> str:
    """The canonical id as a shop with this setting publishes it. A browser's id keeps its ``a_``.

    What is published stays the same if it is published again.
    """
    if canonical.startswith(ANONYMOUS_PREFIX):
        own = canonical[len(ANONYMOUS_PREFIX) :]
        return ANONYMOUS_PREFIX + (
            _as_sent(own, shop, key) if form == "as_sent" else opaque_word(own, shop=shop, key=key)
        )
    if form == "as_sent":
        return _as_sent(canonical, shop, key)
    if form == "hash_all" and _HASH.fullmatch(canonical) is None:
        return hashed_id(canonical, shop=shop, key=key)
    return opaque_word(canonical, shop=shop, key=key)


def _as_sent(canonical: str, shop: str, key: bytes) -> str:
    """An id as it is, but digits as a hash that are a phone number as it is dialled from abroad."""
    digits = ascii_digits(canonical)
    if _FROM_ABROAD.fullmatch(digits) is None:
        return canonical
    try:
        _e164(digits)
    except ValueError:  # a number that a machine padded
        return canonical
    return hashed_id(canonical, shop=shop, key=key)


def is_nothing(plain: str) -> bool:
    """Whether a plain text is what programs write where they have no id at all: ``0``, ``null``, ``undefined``."""
    return ascii_digits(plain).lower() in _NOTHING


def is_placeholder(raw: str) -> bool:
    """Whether a text stands where an id would, and names nobody: empty, ``0``, ``null``, ``guest``."""
    return ascii_digits(plain_id(raw)).lower() in _PLACEHOLDERS


def canonical_customer_id(raw: str, *, shop: str, key: bytes) -> str:
    """The id of a customer in one spelling.

    An id that is a mail address or a phone number becomes that of the guest who has the address; ids that differ in
    invisible marks alone are one. What is published of it is ``published_customer_id``. Raises ``ValueError`` for
    placeholders such as ``null`` or ``guest``, which would merge thousands of people into one.
    """
    trimmed = plain_id(raw)
    digits = ascii_digits(trimmed)
    if digits.lower() in _PLACEHOLDERS or len(trimmed) > 200 or not is_written(trimmed):
        raise ValueError("not a customer id: a placeholder such as null, over 200 characters, or a control character")
    if _MAIL.fullmatch(trimmed.lower()):
        return guest_id(trimmed.lower(), shop=shop, key=key)
    shape = _BARE_PHONE if _DIGITS.fullmatch(digits) else _PHONE
    if shape.fullmatch(_SEPARATORS.sub("", digits)):
        with suppress(ValueError):  # a padded number that is not a phone number stays as it is
            return guest_id(_e164(digits), shop=shop, key=key)
    return trimmed


def _e164(text: str) -> str:
    """A number in the shape of ``_PHONE`` in E.164; raises ``ValueError`` if it is too long or too short."""
    number = parse_phone(text, "IR")
    if not phonenumbers.is_possible_number(number):
        raise ValueError("not a phone number")
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)
