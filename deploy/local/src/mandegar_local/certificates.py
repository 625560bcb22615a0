"""Which certificate authorities the downloads of set-up trust: those of the system, unless the user names others.

pip, uv and the client that fetches Kafka's jars each bring a store of their own, in which the authority of a company's
proxy is not. Standard library only: set-up imports this before anything is installed.
"""

import ssl
from collections.abc import Mapping
from pathlib import Path

# What a user may have set for one of the clients; it then holds for all of them.
_CHOICES = ("SSL_CERT_FILE", "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE", "PIP_CERT", "SSL_CERT_DIR")
# Where distributions keep the bundle that their certificate tools write.
_SYSTEM_BUNDLES = (
    "/etc/ssl/certs/ca-certificates.crt",  # Debian, Ubuntu, Arch, Gentoo
    "/etc/pki/ca-trust/extracted/pem/tls-ca-bundle.pem",  # Fedora, RHEL
    "/etc/pki/tls/certs/ca-bundle.crt",
    "/etc/ssl/ca-bundle.pem",  # openSUSE
    "/etc/ssl/cert.pem",  # Alpine
)

Variables = dict[str, str]


class NoSuchBundle(ValueError):
    """A variable names a bundle that does not exist."""


def trusted_bundle(
    environment: Mapping[str, str], *, of_pip: str = "", system: tuple[str, ...] = _SYSTEM_BUNDLES
) -> str:
    """The file or directory of authorities that all downloads trust; empty if each client has to use its own.

    `of_pip` is what pip's configuration names. Raises NoSuchBundle for one that the user names and that is missing.
    """
    named = {name: environment.get(name, "") for name in _CHOICES} | {"The `cert` of pip's configuration": of_pip}
    for name, chosen in named.items():
        if chosen:
            if not Path(chosen).exists():
                raise NoSuchBundle(f"{name} names {chosen}, which does not exist: correct it, or remove it.")
            return chosen
    return next((file for file in (*system, ssl.get_default_verify_paths().openssl_cafile) if _filled(file)), "")


def for_pip(bundle: str, environment: Mapping[str, str]) -> Variables:
    """Variables for pip; none if the user has set one for it."""
    return _unless_set(environment, ("PIP_CERT", "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE"), bundle)


def for_uv(bundle: str, environment: Mapping[str, str]) -> Variables:
    """Variables for uv; none if the user has set one for it."""
    names = ("SSL_CERT_FILE", "SSL_CERT_DIR")
    names = names[::-1] if Path(bundle).is_dir() else names
    return _unless_set(environment, (*names, "UV_SYSTEM_CERTS", "UV_NATIVE_TLS"), bundle)


def for_requests(bundle: str, environment: Mapping[str, str]) -> Variables:
    """Variables for the client that fetches jars; none if the user has set one for it."""
    return _unless_set(environment, ("REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE"), bundle)


def _unless_set(environment: Mapping[str, str], names: tuple[str, ...], bundle: str) -> Variables:
    """The first of the names with the bundle, unless one of them is set."""
    return {names[0]: bundle} if bundle and not any(environment.get(name) for name in names) else {}


def _filled(file: str) -> bool:
    try:
        return Path(file).stat().st_size > 0
    except OSError:
        return False
