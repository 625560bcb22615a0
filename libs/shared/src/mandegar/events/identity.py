"""Normalises customer ids: ids that are addresses become keyed hashes, placeholders such as ``null`` are refused."""

import hmac
import re
from contextlib import suppress
from hashlib import sha256

import phonenumbers

from mandegar.events.addresses import ascii_digits, canonical_address, parse_phone
from mandegar.events.written import is_written, plain_id

GUEST_PREFIX = "g_"
ANONYMOUS_PREFIX = "a_"

# Shapes of ids that are addresses. They are wider than the grammar of ``addresses``: a mistyped address is no less
# personal, and an id keeps its hash whatever that grammar accepts.
_MAIL = re.compile(r"[^@\s]{1,64}@[^@\s]{1,255}\.[^@\s.]{2,63}")
_PHONE = re.compile(r"(?:\+|00)[1-9]\d{7,14}|09\d{9}")
_SEPARATORS = re.compile(r"[\s().-]+")
_PLACEHOLDERS = frozenset(
    {"", "0", "-1", "null", "none", "nil", "nan", "undefined", "guest", "anonymous", "unknown", "[object object]"}
    | {"true", "false", "test", "user", "customer", "id", "n/a", "not_set", "00000000-0000-0000-0000-000000000000"}
)


def guest_id(address: str, *, shop: str, key: bytes) -> str:
    """The id of a customer who has a normalised address and no id of the shop's: ``g_`` and an HMAC with ``key``."""
    digest = hmac.new(key, f"{shop}|{address}".encode(), sha256).hexdigest()
    return GUEST_PREFIX + digest[:32]


def address_id(address: str, *, shop: str, key: bytes) -> str:
    """The pseudonym of an address in events, links and tables: the same for every spelling and every customer."""
    return guest_id(canonical_address(address), shop=shop, key=key)


def canonical_customer_id(raw: str, *, shop: str, key: bytes) -> str:
    """The id under which the services store a customer.

    An id that is a mail address or a phone number becomes a guest id, so that no key contains an address; ids that
    differ in invisible marks alone are one. Raises ``ValueError`` for placeholders such as ``null`` or ``guest``, which
    would merge thousands of people into one.
    """
    trimmed = plain_id(raw)
    digits = ascii_digits(trimmed)
    if digits.lower() in _PLACEHOLDERS or len(trimmed) > 200 or not is_written(trimmed):
        raise ValueError("not a customer id: a placeholder such as null, over 200 characters, or a control character")
    if _MAIL.fullmatch(trimmed.lower()):
        return guest_id(trimmed.lower(), shop=shop, key=key)
    if _PHONE.fullmatch(_SEPARATORS.sub("", digits)):
        with suppress(ValueError):  # a padded number that is not a phone number stays as it is
            return guest_id(_e164(digits), shop=shop, key=key)
    return trimmed


def _e164(text: str) -> str:
    """A number in the shape of ``_PHONE`` in E.164; raises ``ValueError`` if it is too long or too short."""
    number = parse_phone(text, "IR")
    if not phonenumbers.is_possible_number(number):
        raise ValueError("not a phone number")
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)
