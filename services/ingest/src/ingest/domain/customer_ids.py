"""The one id of a customer, from the ids and addresses in an event."""

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
from mandegar.events.identity import (
    ANONYMOUS_PREFIX,
    IdForm,
    canonical_customer_id,
    guest_id,
    is_nothing,
    is_placeholder,
    published_customer_id,
)
from mandegar.events.written import is_written, plain_id

ID_MAX = 200
PLACEHOLDER = "a placeholder, which names nobody"
ID_FORM = f"1 to {ID_MAX} characters, none of them a control character or a line break"


def text_id(value: Name, field: str) -> str:
    """An id of the shop as text; raises ``Refused`` if it is empty, too long or has a control character."""
    text = plain_id(value) if isinstance(value, str) else str(value)
    if not is_id(text):
        raise Refused("invalid_data", f"{field} must be {ID_FORM}")
    return text


def own_id(value: Name, field: str) -> str:
    """The id of one order, refund, ticket, promise or contract; raises ``Refused`` also for ``null`` and the like.

    Programs that have no id write the same word for each, and what belongs to thousands of people would be one thing.
    """
    text = text_id(value, field)
    if is_nothing(text):
        raise Refused("invalid_data", f"{field} must be an id of its own: {text} is what programs write without one")
    return text


def is_id(text: str) -> bool:
    """Whether a plain text has the length and the characters of an id."""
    return 0 < len(text) <= ID_MAX and is_written(text)


def customer_id(customer: CustomerForm | None, *, shop: Shop, key: bytes) -> str | None:
    """The shop's own id, else ``g_`` and a keyed hash of the address, else ``a_`` and the browser's id, else None.

    As it is published: the shop's own id is a hash too if it does not look like one, or if the shop wants it so.
    """
    if customer is None:
        return None
    if customer.id is not None and not is_beside_placeholder(customer):
        return _published(str(customer.id), "customer.id", shop, key)
    address = _address(customer, shop)
    if address is not None:
        return guest_id(address, shop=shop.id, key=key)
    if customer.anonymous_id is not None:
        return browser_id(str(customer.anonymous_id), shop=shop, key=key)
    return None


def is_beside_placeholder(customer: CustomerForm, *, findable: bool = False) -> bool:
    """Whether something else tells who the customer is, and the id is one that shops write for guests.

    ``findable`` means that the customer can be found by the order.
    """
    if customer.id is None or not is_placeholder(str(customer.id)):
        return False
    return findable or bool(customer.email or customer.phone) or customer.anonymous_id is not None


def browser_id(raw: str, *, shop: Shop, key: bytes) -> str:
    """``a_`` and the browser's own id, or the id of the guest whose address it is; raises ``Refused``."""
    anonymous = _published(raw, "customer.anonymous_id", shop, key, "as_sent")
    if len(anonymous) > ID_MAX - len(ANONYMOUS_PREFIX):
        longest = ID_MAX - len(ANONYMOUS_PREFIX)
        raise Refused("bad_customer_id", f"customer.anonymous_id must be at most {longest} characters")
    if anonymous.startswith("g_"):
        return anonymous
    return published_customer_id(ANONYMOUS_PREFIX + anonymous, shop.customer_ids, shop=shop.id, key=key)


def _published(raw: str, field: str, shop: Shop, key: bytes, form: IdForm | None = None) -> str:
    try:
        return _cached_published(raw, form or shop.customer_ids, shop.id, key)
    except ValueError as error:
        detail = f"{field} must be {ID_FORM}, and no placeholder such as null, 0 or guest"
        raise Refused("bad_customer_id", detail) from error


@lru_cache(maxsize=50_000)
def _cached_published(raw: str, form: IdForm, shop: str, key: bytes) -> str:
    return published_customer_id(canonical_customer_id(raw, shop=shop, key=key), form, shop=shop, key=key)


def _address(customer: CustomerForm, shop: Shop) -> str | None:
    """The address that identifies a guest: the mail address if it is valid, else the phone number."""
    if customer.email:
        try:
            return normalise_email(customer.email)
        except InvalidAddress as error:
            if not customer.phone and customer.anonymous_id is None:
                raise _no_address("customer.email", error) from None
    if customer.phone:
        try:
            return phone(str(customer.phone), shop.phone_region)
        except InvalidAddress as error:
            if customer.anonymous_id is None:
                raise _no_address("customer.phone", error) from None
    return None


def _no_address(field: str, error: InvalidAddress) -> Refused:
    return Refused(
        "bad_customer_id", f"{field} cannot be used ({why(error)}), and nothing else identifies the customer"
    )


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
