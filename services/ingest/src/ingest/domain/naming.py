"""Which customers a body names that could not be accepted: their ids, and the guests of the addresses in it.

A quarantined event has no customer, because it may not have been readable enough to find one. Whoever is erased must
still be found in it. Ids count where shops write ids of customers; addresses count wherever they stand, because
nothing else looks like one. A person whom the body names by nothing but their name is not found.
"""

import json
import re
from collections.abc import Iterable, Iterator
from itertools import islice
from typing import Any, NamedTuple

from ingest.domain.customer_ids import phone
from ingest.domain.links import guest_of
from mandegar.events.addresses import InvalidAddress, ascii_digits, normalise_email
from mandegar.events.identity import (
    ANONYMOUS_PREFIX,
    GUEST_PREFIX,
    IdForm,
    canonical_customer_id,
    published_customer_id,
)

# Of one body; what has more is no event of one person.
NAMES_MAX = 200
# Of one body, what only looks like an address among it: each takes up to 20 us to be told from one. Most are for where
# addresses of customers stand, so that no list of bar codes uses them up.
_TRIES_MAX = 500
_CERTAIN_MAX = 2_000
_ATS_MAX = 10_000
# Deeper than any body that the native form takes.
_DEPTH_MAX = 64
_OF_CUSTOMERS = frozenset({"customer", "user", "buyer", "client", "traits"})
_IDS = frozenset({"customerid", "userid", "clientid", "buyerid", "previousid"})
_BROWSERS = frozenset({"anonymousid", "visitorid", "browserid"})
_OF_ADDRESSES = ("mail", "phone", "mobile", "tel")
_SUBJECT = re.compile(r"customer/(.+)")
# Read around each @, so that a long text without one costs nothing.
_AT = re.compile("@")
_BEFORE = re.compile(r"[^\s@<>()\[\]\\,;:\"']{1,64}\Z")
_BEHIND = re.compile(r"[^\s@<>()\[\]\\,;:\"'/]{1,255}")
_PHONE = re.compile(r"(?<![\w.])(?:\+|0)[\d ()/.-]{7,30}\d(?!\w)", re.ASCII)
_PHONE_DIGITS = range(8, 18)  # with 00 before the country
# In bytes that are no JSON: each member with a text or an integer, and what follows the name of a customer's object.
_MEMBER = re.compile(r'"((?:[^"\\]|\\.){1,100})"\s*:\s*(?:"((?:[^"\\]|\\.){0,1000})|(-?\d{1,30}))', re.DOTALL)
_BLOCK = re.compile(r'"(?:customer|user|buyer|client|traits)"\s*+:\s*+(?:\[\s*+)?\{([^{}]*)')


class Reader(NamedTuple):
    """What the ids in a body depend on: the shop, whose ``region`` phone numbers are read in, and the secret key.

    ``form`` is how the shop's ids are published.
    """

    shop: str
    region: str
    key: bytes
    form: IdForm


def named_in(body: bytes, reader: Reader) -> frozenset[str]:
    """The ids of the customers, at most ``NAMES_MAX``, whom ``body`` names: under which the services store them."""
    names: set[str] = set()
    for name in _names(body, reader):
        names.add(name)
        if len(names) == NAMES_MAX:
            break
    return frozenset(names)


def _names(body: bytes, reader: Reader) -> Iterator[str]:
    text, tries = body.decode(errors="replace"), _Tries(_CERTAIN_MAX)
    try:
        document = json.loads(body)
    except (ValueError, RecursionError):
        for block in [text, *_BLOCK.findall(text)]:
            for member, written, number in _MEMBER.findall(block):
                name = _plain(member)
                of_customer = block is not text and name == "id"
                value = _unescaped(written) or number
                yield from _member(name, value, reader, of_customer=of_customer)
                if any(word in name for word in _OF_ADDRESSES):
                    yield from _phone_of(value, reader, tries)
        yield from _addresses(text, reader, tries)
        return
    yield from _walk(document, reader)


def _walk(document: Any, reader: Reader) -> Iterator[str]:
    certain, others = _Tries(_CERTAIN_MAX), _Tries(_TRIES_MAX)
    anywhere: list[str] = []
    rest: list[tuple[str, Any, bool, int]] = [("", document, False, 0)]
    while rest:
        name, value, of_customer, depth = rest.pop()
        if isinstance(value, dict) and depth < _DEPTH_MAX:
            rest += [(_plain(str(each)), inner, name in _OF_CUSTOMERS, depth + 1) for each, inner in value.items()]
        elif isinstance(value, list) and depth < _DEPTH_MAX:
            rest += [(name, inner, of_customer, depth + 1) for inner in value]
        elif isinstance(value, str | int) and not isinstance(value, bool):
            yield from _member(name, str(value), reader, of_customer=of_customer and name == "id")
            if of_customer or any(word in name for word in _OF_ADDRESSES):
                yield from _phone_of(str(value), reader, certain)
                yield from _addresses(str(value), reader, certain)
            else:
                anywhere.append(str(value))
    for text in reversed(anywhere):
        yield from _addresses(text, reader, others)


def _member(name: str, value: str, reader: Reader, *, of_customer: bool) -> Iterator[str]:
    """The customer whose id a member has, if it is one that holds ids of customers."""
    about = _SUBJECT.fullmatch(value) if name == "subject" else None
    if about is not None:
        value = about.group(1)
    elif not of_customer and name not in _IDS and name not in _BROWSERS:
        return
    try:
        id_ = canonical_customer_id(value, shop=reader.shop, key=reader.key)
    except ValueError:
        return
    if name in _BROWSERS and not id_.startswith(GUEST_PREFIX):
        id_ = ANONYMOUS_PREFIX + id_
    yield published_customer_id(id_, reader.form, shop=reader.shop, key=reader.key)


class _Tries:
    """How often something may still be tried as an address."""

    def __init__(self, left: int) -> None:
        self._left = left

    def of(self, written: Iterable[str]) -> Iterator[str]:
        """As many of them as may be tried."""
        for each in written:
            if not self._left:
                return
            self._left -= 1
            yield each


def _phone_of(text: str, reader: Reader, tries: _Tries) -> Iterator[str]:
    """The guest of a phone number where one is expected: as the door reads it, also without a zero before it."""
    if sum(map(str.isdigit, text)) not in _PHONE_DIGITS:
        return
    for written in tries.of([text]):
        try:
            yield guest_of(phone(written, reader.region), reader.shop, reader.key)
        except InvalidAddress:
            return


def _addresses(text: str, reader: Reader, tries: _Tries) -> Iterator[str]:
    for mail in tries.of(_mails(text)):
        try:
            yield guest_of(normalise_email(mail.strip(".")), reader.shop, reader.key)
        except InvalidAddress:
            continue
    for written in tries.of(_phones(ascii_digits(text))):
        try:
            yield guest_of(phone(written, reader.region), reader.shop, reader.key)
        except InvalidAddress:
            continue


def _mails(text: str) -> Iterator[str]:
    for place in islice(_AT.finditer(text), _ATS_MAX):
        before = _BEFORE.search(text, max(0, place.start() - 64), place.start())
        behind = _BEHIND.match(text, place.end())
        if before is not None and behind is not None:
            yield f"{before[0]}@{behind[0]}"


def _phones(digits: str) -> Iterator[str]:
    """What may be a phone number: an article number of zeros and a few digits is none."""
    for found in _PHONE.finditer(digits):
        number = "".join(filter(str.isdigit, found[0]))
        if len(number) in _PHONE_DIGITS and not number.startswith("000"):
            yield found[0]


def _plain(name: str) -> str:
    return name.lower().replace("_", "").replace("-", "")


def _unescaped(written: str) -> str:
    try:
        text: str = json.loads(f'"{written}"')
    except ValueError:
        return ""
    return text
