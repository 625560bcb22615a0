"""The secrets of one local stack: random, made once, kept in a file that only its owner reads."""

import secrets
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from joserfc.jwk import OKPKey

from mandegar_local.databases import ROLE_KINDS
from mandegar_local.places import read_json, write_json
from mandegar_local.ports import SERVICES


@dataclass(slots=True)
class Credentials:
    """Everything secret of a stack. `sources` holds id and key of each source that the stack made, by its name."""

    role_passwords: dict[str, str]
    signing_key: dict[str, Any]
    identity_key: str
    sms_api_key: str
    sources: dict[str, dict[str, str]] = field(default_factory=dict)

    def jwks(self) -> dict[str, Any]:
        """The public key set for the services; the operator's key may sign for every shop."""
        public = OKPKey.import_key(self.signing_key).as_dict(private=False)
        return {"keys": [{**public, "kid": self.signing_key["kid"], "use": "sig", "shops": ["*"]}]}


def load_credentials(path: Path) -> Credentials:
    """Read them, or make and keep new ones on the first call."""
    kept = read_json(path)
    if kept is not None:
        return Credentials(**kept)
    made = Credentials(
        role_passwords={f"{s}_{kind}": secrets.token_urlsafe(24) for s in SERVICES for kind in ROLE_KINDS},
        signing_key=_signing_key(),
        identity_key=secrets.token_urlsafe(48),
        sms_api_key=secrets.token_hex(32),
    )
    save_credentials(path, made)
    return made


def save_credentials(path: Path, credentials: Credentials) -> None:
    """Keep them, mode 0600."""
    write_json(path, asdict(credentials), mode=0o600)


def _signing_key() -> dict[str, Any]:
    key = OKPKey.generate_key("Ed25519")
    return {**key.as_dict(private=True), "kid": key.thumbprint()}
