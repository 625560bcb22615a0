"""The one id of a customer, from the ids and addresses in an event."""

import re
from functools import lru_cache

from ingest.domain.forms import CustomerForm, Name
from ingest.domain.outcomes import Refused
from ingest.domain.sources import Shop
from mandegar.events.addresses import (
    PHONE_TEXT_MAX,
    InvalidAddress,
    contact_phone,
    normalise_email,
    normalise_phone,
)
from mandegar.events.identity import ANONYMOUS_PREFIX, canonical_customer_id, guest_id
from mandegar.events.written import is_written, plain_id

_CARRIES_MAIL = re.compile(r"[^@\s]@[^@\s]+\.[^@\s]")
_CARRIES_PHONE = re.compile(r"[+0][\d ()/-]{8,20}\d", re.ASCII)

ID_MAX = 200
ID_FORM = f"1 to {ID_MAX} characters, none of them a control character or a line break"


def text_id(value: Name, field: str) -> str:
    """An id of the shop as text; raises ``Refused`` if it is empty, too long or has a control character."""
    text = plain_id(value) if isinstance(value, str) else str(value)
    if not is_id(text):
        raise Refused("invalid_data", f"{field} must be {ID_FORM}")
    return text


def is_id(text: str) -> bool:
    """Whether a plain text has the length and the characters of an id."""
    return 0 < len(text) <= ID_MAX and is_written(text)


def customer_id(customer: CustomerForm | None, *, shop: Shop, key: bytes) -> str | None:
    """The shop's own id, else ``g_`` and a keyed hash of the address, else ``a_`` and the browser's id, else None."""
    if customer is None:
        return None
    if customer.id is not None:
        return _canonical(str(customer.id), "customer.id", shop, key)
    address = _address(customer, shop)
    if address is not None:
        return guest_id(address, shop=shop.id, key=key)
    if customer.anonymous_id is not None:
        return browser_id(customer.anonymous_id, shop=shop, key=key)
    return None


def browser_id(raw: str, *, shop: Shop, key: bytes) -> str:
    """``a_`` and the browser's own id, or the id of the guest whose address it is; raises ``Refused``."""
    anonymous = _canonical(raw, "customer.anonymous_id", shop, key)
    if len(anonymous) > ID_MAX - len(ANONYMOUS_PREFIX):
        longest = ID_MAX - len(ANONYMOUS_PREFIX)
        raise Refused("bad_customer_id", f"customer.anonymous_id must be at most {longest} characters")
    return anonymous if anonymous.startswith("g_") else ANONYMOUS_PREFIX + anonymous


def _canonical(raw: str, field: str, shop: Shop, key: bytes) -> str:
    try:
        return _cached_canonical(raw, shop.id, key)
    except ValueError as error:
        detail = f"{field} must be {ID_FORM}, and no placeholder such as null, 0 or guest"
        raise Refused("bad_customer_id", detail) from error


@lru_cache(maxsize=50_000)
def _cached_canonical(raw: str, shop: str, key: bytes) -> str:
    return canonical_customer_id(raw, shop=shop, key=key)


def _address(customer: CustomerForm, shop: Shop) -> str | None:
    """The address that identifies a guest: the mail address if it is valid, else the phone number."""
    if customer.email:
        try:
            return normalise_email(customer.email)
        except InvalidAddress as error:
            if not customer.phone:
                raise _no_address("customer.email", error) from None
    if customer.phone:
        try:
            return phone(str(customer.phone), shop.phone_region)
        except InvalidAddress as error:
            raise _no_address("customer.phone", error) from None
    return None


def _no_address(field: str, error: InvalidAddress) -> Refused:
    return Refused(
        "bad_customer_id", f"{field} cannot be used ({why(error)}), and nothing else identifies the customer"
    )


def carries_address(text: str) -> bool:
    """Whether a label has a mail address in it, or is a phone number: it would be published to every service."""
    if "@" not in text and text[:1] not in "+0":
        return False
    plain = plain_id(text)
    return _CARRIES_MAIL.search(plain) is not None or _CARRIES_PHONE.fullmatch(plain) is not None


def why(error: InvalidAddress) -> str:
    """The code of an invalid address, and what is wrong with it in words."""
    return f"{error.code}: {error.reason}"


def phone(text: str, region: str) -> str:
    """The phone number in E.164; raises ``InvalidAddress``."""
    return _cached_phone(text[: PHONE_TEXT_MAX + 1], region)


def phone_of_contact(text: str, region: str) -> str:
    """The phone number in E.164; raises ``InvalidAddress`` also if nobody can have it."""
    return _cached_phone_of_contact(text[: PHONE_TEXT_MAX + 1], region)


# Cached, because parsing is slow and customers return.
_cached_phone = lru_cache(maxsize=50_000)(normalise_phone)
_cached_phone_of_contact = lru_cache(maxsize=50_000)(contact_phone)
