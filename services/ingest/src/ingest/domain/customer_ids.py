"""Who is who: the one id under which a customer is kept, from whatever a shop knows of them."""

from functools import lru_cache

from ingest.domain.forms import CustomerForm, Name
from ingest.domain.outcomes import Refused
from ingest.domain.sources import Shop
from mandegar.events.identity import ANONYMOUS_PREFIX, canonical_customer_id, guest_id, normalise_email, normalise_phone

ID_MAX = 200


def text_id(value: Name, field: str) -> str:
    """An id of the shop's as text; refused when it is empty, too long to be a key, or has control characters."""
    text = value.strip() if isinstance(value, str) else str(value)
    if not text or len(text) > ID_MAX or not text.isprintable():
        raise Refused("invalid_data", f"{field} must be 1 to {ID_MAX} printable characters")
    return text


def customer_id(customer: CustomerForm | None, *, shop: Shop, key: bytes) -> str | None:
    """The shop's own id; else ``g_`` and a keyed hash of the address; else ``a_`` and the browser's id; else none."""
    if customer is None:
        return None
    if customer.id is not None:
        return _known(str(customer.id), shop.id, key)
    address = _address(customer, shop)
    if address is not None:
        return guest_id(address, shop=shop.id, key=key)
    if customer.anonymous_id is not None:
        anonymous = _known(customer.anonymous_id, shop.id, key)
        if len(anonymous) > ID_MAX - len(ANONYMOUS_PREFIX):
            raise Refused("bad_customer_id", "customer.anonymous_id is too long")
        return anonymous if anonymous.startswith("g_") else ANONYMOUS_PREFIX + anonymous
    return None


@lru_cache(maxsize=50_000)
def _known(raw: str, shop: str, key: bytes) -> str:
    try:
        return canonical_customer_id(raw, shop=shop, key=key)
    except ValueError as error:
        raise Refused("bad_customer_id", "this customer id names nobody in particular") from error


def _address(customer: CustomerForm, shop: Shop) -> str | None:
    """The address that names a guest: the mail address if it is one, else the phone number."""
    if customer.email:
        try:
            return email(customer.email)
        except ValueError:
            if not customer.phone:
                raise Refused("bad_customer_id", "a customer known only by customer.email, which is none") from None
    if customer.phone:
        try:
            return phone(str(customer.phone), shop.phone_region)
        except ValueError:
            raise Refused("bad_customer_id", "a customer known only by customer.phone, which is none") from None
    return None


def email(text: str) -> str:
    """A mail address in the form that we keep; ``ValueError`` if it is none."""
    address = normalise_email(text)
    if not address.isprintable():
        raise ValueError("not a mail address")
    return address


@lru_cache(maxsize=50_000)
def phone(text: str, region: str) -> str:
    """A phone number in E.164; ``ValueError`` if it is none. Reading one is dear, and customers come back."""
    if len(text) > 40:
        raise ValueError("not a phone number")
    return normalise_phone(text, region)
