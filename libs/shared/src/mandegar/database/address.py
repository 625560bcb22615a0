"""Addresses of PostgreSQL: whether what is sent to one is encrypted."""

from urllib.parse import parse_qsl, unquote, urlsplit

ENCRYPTED_MODES = ("verify-full", "verify-ca", "require")


def encrypted_or_local(url: str) -> bool:
    """Whether the driver refuses to send anything in clear to ``url``, or ``url`` names sockets of this machine only.

    The driver takes the last of several ``sslmode``, and ``host`` from the query only where no host stands before it.
    """
    parts = urlsplit(url)
    query = dict(parse_qsl(parts.query))
    hosts = unquote(parts.netloc.partition("@")[2] if "@" in parts.netloc else parts.netloc) or query.get("host", "")
    return query.get("sslmode") in ENCRYPTED_MODES or all(host.startswith("/") for host in hosts.split(","))
