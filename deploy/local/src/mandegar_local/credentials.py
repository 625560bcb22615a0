"""The secrets of a local stack: generated once, and stored in a file that only its owner can read."""

import os
import secrets
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from joserfc.jwk import OKPKey

from mandegar_local.databases import ROLE_KINDS
from mandegar_local.ports import SERVICES
from mandegar_local.stack_files import read_json, write_json


@dataclass(slots=True)
class Credentials:
    """The secrets of a stack. `sources` maps a source's name to its id and key; `moved_in` is the shop
    that came from another installation."""

    role_passwords: dict[str, str]
    signing_key: dict[str, Any]
    identity_key: str
    sms_api_key: str
    sources: dict[str, dict[str, str]] = field(default_factory=dict)
    revoked: list[str] = field(default_factory=list)
    moved_in: str = ""

    def jwks(self) -> dict[str, Any]:
        """The public key set for the services; its key may sign for every shop, and for operators."""
        public = OKPKey.import_key(self.signing_key).as_dict(private=False)
        return {
            "keys": [{**public, "kid": self.signing_key["kid"], "use": "sig", "shops": ["*"]}],
            "revoked": self.revoked,
        }


def load_credentials(path: Path) -> Credentials:
    """Read the secrets, or generate and store them if the file does not exist."""
    saved = read_json(path)
    if saved is not None:
        return Credentials(**saved)
    new = Credentials(
        role_passwords={f"{s}_{kind}": secrets.token_urlsafe(24) for s in SERVICES for kind in ROLE_KINDS},
        signing_key=_signing_key(),
        identity_key=os.environ.get("MANDEGAR_IDENTITY_KEY") or secrets.token_urlsafe(48),
        sms_api_key=secrets.token_hex(32),
    )
    save_credentials(path, new)
    return new


def save_credentials(path: Path, credentials: Credentials) -> None:
    """Write the secrets with mode 0600."""
    write_json(path, asdict(credentials), mode=0o600)


def _signing_key() -> dict[str, Any]:
    key = OKPKey.generate_key("Ed25519")
    return {**key.as_dict(private=True), "kid": key.thumbprint()}
