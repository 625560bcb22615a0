"""The DNS record by which a shop shows that the domain of its sender address is its own."""

import hmac
from hashlib import sha256
from ipaddress import ip_address
from typing import NamedTuple

from mandegar.events.addresses import InvalidAddress, parse_address
from mandegar.quantities import whole_of

_PREFIX = "mandegar-sender="


class SenderRecord(NamedTuple):
    """The TXT record that must stand in the shop's DNS."""

    name: str
    value: str


def sender_record(shop: str, domain: str, identity_key: bytes) -> SenderRecord:
    """The record of a shop for a domain: no other shop, and no other installation, has the same value."""
    key = hmac.new(identity_key, b"sender domains", sha256).digest()
    token = hmac.new(key, f"{shop}|{domain}".encode(), sha256).hexdigest()
    return SenderRecord(f"_mandegar.{domain}", _PREFIX + token)


def domain_of(address: str) -> str | None:
    """The domain of a mail address in ASCII; None for what an earlier release stored and is no address."""
    try:
        return parse_address(address).domain
    except InvalidAddress:
        return None


def domain_set(text: str) -> frozenset[str]:
    """The domains of a setting, in ASCII; raises ``ValueError`` for what is none."""
    return frozenset(parse_address(f"x@{domain.strip()}").domain for domain in text.split(",") if domain.strip())


def name_servers(text: str) -> list[tuple[str, int]]:
    """The servers of a setting, as ``address`` or ``address:port``; raises ``ValueError``."""
    servers = []
    for item in filter(None, map(str.strip, text.split(","))):
        address, colon, port = item.rpartition(":") if item.count(":") == 1 else (item, "", "")
        servers.append((str(ip_address(address)), whole_of(port) if colon else 53))
    return servers
