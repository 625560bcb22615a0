"""What one process gives to callers before, and however, they are known."""

import ipaddress
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import lru_cache

from mandegar.service.settings import Network, ServiceSettings

# A body is larger only where its route says so: ``openapi_extra={BODY_BYTES: …}``.
BODY_BYTES_MAX = 64 * 1024
BODY_BYTES = "x-mandegar-body-bytes-max"
# Bodies of all requests in hand together.
BODIES_BYTES_MAX = 64 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class Limits:
    """Limits of connections and requests. Those that operators set come from the settings."""

    connections: int = 2_000
    connections_per_address: int = 1_000
    requests: int = 512
    head_bytes: int = 32 * 1024
    headers: int = 100
    pipelined: int = 16
    # The head of a request: from its first byte, or from the opening of the connection.
    head_seconds: float = 10.0
    # A body as a whole, and each part of it.
    body_seconds: float = 30.0
    part_seconds: float = 10.0
    # A client that reads its answer takes ``write_bytes`` of it in this time.
    write_seconds: float = 20.0
    write_bytes: int = 64 * 1024
    keep_alive_seconds: int = 65
    # After a refusal: how long, and how much of what is under way is discarded, so that the answer can be read.
    linger_seconds: float = 2.0
    linger_bytes: int = 64 * 1024
    trusted_proxies: Sequence[Network] = field(default=())


def limits_of(settings: ServiceSettings) -> Limits:
    """The limits of a process with these settings."""
    return Limits(
        connections=settings.http_connections_max,
        connections_per_address=settings.http_connections_per_address,
        requests=settings.http_requests_max,
        trusted_proxies=settings.trusted_proxies,
    )


@lru_cache(maxsize=4096)
def network_of(host: str) -> str:
    """The network that counts as one caller: an IPv4 address, or the /64 network of an IPv6 address."""
    try:
        address = ipaddress.ip_address(host)
    except ValueError:
        return "unknown"
    if isinstance(address, ipaddress.IPv6Address):
        if address.ipv4_mapped is not None:
            return str(address.ipv4_mapped)
        return str(ipaddress.IPv6Network((address.packed[:8] + bytes(8), 64)))
    return str(address)
