"""What an event says about who is whom: another id of its customer."""

from collections.abc import Iterator
from functools import lru_cache
from typing import Literal, NamedTuple

from ingest.domain import customer_ids
from ingest.domain.forms import CustomerForm, DataForm, IdentifiedForm
from ingest.domain.order_owner import ACCOUNT, BROWSER, GUEST, rank
from ingest.domain.outcomes import Refused
from ingest.domain.profile import Fields
from ingest.domain.sources import Source
from mandegar.events.addresses import InvalidAddress, normalise_email
from mandegar.events.identity import guest_id

# A browser was used by the customer; an address is the customer's; the shop says that a guest or browser is the one.
By = Literal["browser", "address", "statement"]
IDENTIFIED = "customer.identified"
_NEEDS = "data needs an anonymous_id, email or phone under which the customer acted before"
_BELOW = "customer of customer.identified must be one of the shop's, or a guest"


class Link(NamedTuple):
    """``alias`` is another id of the customer whom the event names."""

    alias: str
    by: By


def links_of(
    customer: str,
    block: CustomerForm,
    data: DataForm,
    patch: Fields | None,
    source: Source,
    *,
    proven: bool,
    key: bytes,
) -> tuple[Link, ...]:
    """The links of an event of ``customer``; raises ``Refused`` for a statement that names nobody else.

    The key of a browser source is public: it tells which browser a customer used, and only with the shop's proof.
    """
    if isinstance(data, IdentifiedForm):
        return _stated(customer, block, data, source, proven=proven, key=key)
    if (block.anonymous_id is None and not patch) or rank(customer) < ACCOUNT or not proven:
        return ()
    links = [*_browser(customer, block, source, key)]
    if patch and source.trust == "server":
        for field in ("email", "phone"):
            stamped = patch.get(field)
            if stamped is not None and isinstance(stamped.value, str):
                links.append(Link(guest_of(stamped.value, source.shop.id, key), "address"))
    return tuple(links)


def _browser(customer: str, block: CustomerForm, source: Source, key: bytes) -> Iterator[Link]:
    """The browser that the customer used. An anonymous id that is an address, or unusable, names no browser."""
    if block.anonymous_id is None:
        return
    try:
        alias = customer_ids.browser_id(str(block.anonymous_id), shop=source.shop, key=key)
    except Refused:
        return
    if alias != customer and rank(alias) == BROWSER:
        yield Link(alias, "browser")


def _stated(
    customer: str, block: CustomerForm, data: IdentifiedForm, source: Source, *, proven: bool, key: bytes
) -> tuple[Link, ...]:
    if source.trust == "browser" and (not proven or data.email or data.phone):
        raise Refused("not_allowed", "a browser source identifies a browser only, with customer.id and customer.proof")
    if rank(customer) == BROWSER:
        raise Refused("bad_customer_id", _BELOW)
    aliases = [
        customer_ids.browser_id(str(text), shop=source.shop, key=key)
        for text in (block.anonymous_id, data.anonymous_id)
        if text is not None
    ]
    if source.trust == "browser":
        aliases = [alias for alias in aliases if rank(alias) == BROWSER]
    try:
        addresses = [normalise_email(data.email)] if data.email else []
        addresses += [customer_ids.phone(str(data.phone), source.shop.phone_region)] if data.phone else []
    except InvalidAddress as error:
        raise Refused("invalid_data", f"an address of data cannot be used ({customer_ids.why(error)})") from None
    aliases += [guest_of(address, source.shop.id, key) for address in addresses]
    links = tuple(Link(alias, "statement") for alias in dict.fromkeys(aliases) if alias != customer)
    if not links:
        raise Refused("invalid_data", _NEEDS)
    if any(rank(link.alias) > GUEST for link in links):
        raise Refused("bad_customer_id", _BELOW)
    return links


@lru_cache(maxsize=50_000)
def guest_of(address: str, shop: str, key: bytes) -> str:
    """The guest who has a normalised address."""
    return guest_id(address, shop=shop, key=key)
