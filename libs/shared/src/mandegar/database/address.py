"""Addresses of PostgreSQL: whether what is sent to one is encrypted, and why a connection to one failed."""

import ssl
from urllib.parse import parse_qsl, unquote, urlsplit

import asyncpg

ENCRYPTED_MODES = ("verify-full", "verify-ca", "require")


class NotConnected(RuntimeError):
    """The database was not reached; the text says why."""


def encrypted_or_local(url: str) -> bool:
    """Whether the driver refuses to send anything in clear to ``url``, or ``url`` names sockets of this machine only.

    The driver takes the last of several ``sslmode``, and ``host`` from the query only where no host stands before it.
    """
    hosts, query = _hosts_and_query(url)
    return query.get("sslmode") in ENCRYPTED_MODES or all(host.startswith("/") for host in hosts)


def names_several_hosts(url: str) -> bool:
    """Whether the driver may connect to one of several servers."""
    return len(_hosts_and_query(url)[0]) > 1


def _hosts_and_query(url: str) -> tuple[list[str], dict[str, str]]:
    parts = urlsplit(url)
    query = dict(parse_qsl(parts.query))
    hosts = unquote(parts.netloc.partition("@")[2] if "@" in parts.netloc else parts.netloc) or query.get("host", "")
    return hosts.split(","), query


def refused_for_good(error: BaseException) -> bool:
    """Whether a connection fails until somebody changes the address or a certificate."""
    return isinstance(error, ssl.SSLCertVerificationError | asyncpg.InterfaceError)


def why_unconnected(error: BaseException) -> str:
    """A sentence about a connection that failed. It contains no password."""
    if isinstance(error, ssl.SSLCertVerificationError):
        return (
            f"the certificate of the database's server is not accepted ({error.verify_message}): sslrootcert must name "
            "the authority that issued it, and with verify-full the address its host name"
        )
    return f"no connection to the database: {str(error) or type(error).__name__}"
