"""Says in one sentence why a download failed, from what pip, uv or an exception printed. Standard library only."""

import re

# The first that matches is said; `{what}` is what was downloaded, `{bundle}` the authorities that were trusted.
_CAUSES: tuple[tuple[str, str], ...] = (
    (
        r"CERTIFICATE_VERIFY_FAILED|UnknownIssuer|invalid peer certificate|certificate verify failed|SSLCertVerifi|"
        r"SSLError",
        "{what}: the server's certificate is from no authority in {bundle}. Add your network's authority to the "
        "system's certificate store, or name a bundle that has it in SSL_CERT_FILE.",
    ),
    (
        r"DO NOT MATCH THE HASHES|[Hh]ash mismatch|committed sha256",
        "{what}: a file does not have its committed hash, and nothing of it was installed. Check the mirror or proxy "
        "between this machine and the registry.",
    ),
    (
        r"\b407\b|[Pp]roxy [Aa]uthentication",
        "{what}: the proxy wants a user and a password: put them into HTTPS_PROXY (http://user:password@proxy:port).",
    ),
    (
        r"\b40[13]\b (?:Client Error|Unauthorized|Forbidden)|HTTP status client error \(40[13]|"
        r"ERROR: HTTP error 40[13]",
        "{what}: the registry refuses access (401 or 403): put user and password into {index}.",
    ),
    (
        r"No space left on device|Errno 28|os error 28",
        "{what}: the disk is full.",
    ),
    (
        r"ProxyError|Cannot connect to proxy|tunnel error|proxy connect",
        "{what}: the proxy does not answer: correct HTTPS_PROXY, or unset it.",
    ),
    (
        r"NewConnectionError|ConnectionError|Max retries|ConnectTimeout|timed out|timeout|[Dd]ns error|"
        r"Name or service not known|[Nn]ame resolution|error sending request|Connection refused|"
        r"[Nn]etwork is unreachable|RemoteDisconnected|Connection reset|ConnectError",
        "{what}: the registry cannot be reached. Behind a proxy set HTTPS_PROXY; with a mirror of your own set "
        "{index}.",
    ),
    (
        r"No matching distribution|not found in the (?:provided )?package (?:registry|locations)|no version of|"
        r"not found in remote repositories|404 (?:Client Error|Not Found)|\(404|could not be found in the registry",
        "{what}: the index does not have a file that the lock names. Check {index}.",
    ),
)


def why(output: str, what: str, *, bundle: str, index: str) -> str | None:
    """The sentence; None if the output matches no known cause. `index` is the setting that names a mirror."""
    for pattern, sentence in _CAUSES:
        if re.search(pattern, output):
            return sentence.format(what=what, bundle=bundle or "its own list", index=index)
    return None
