import json
from datetime import UTC, datetime
from pathlib import Path
from stat import S_IMODE

import pytest

from mandegar.tokens import Principal, TokenVerifier
from mandegar_local.credentials import load_credentials
from mandegar_local.tokens import sign_token


def test_the_services_accept_a_token_of_the_local_key(tmp_path: Path) -> None:
    credentials = load_credentials(tmp_path / "secrets.json")
    token = sign_token(credentials.signing_key, "demo", ["customers:read"], now=datetime.now(UTC), days=1, subject="c")

    principal = TokenVerifier(json.dumps(credentials.jwks())).verify(token)

    key_id = credentials.jwks()["keys"][0]["kid"]
    assert Principal("demo", frozenset({"customers:read"}), "c", operator=True, key_id=key_id) == principal


def test_an_unknown_scope_is_refused(tmp_path: Path) -> None:
    credentials = load_credentials(tmp_path / "secrets.json")

    with pytest.raises(ValueError, match="everything"):
        sign_token(credentials.signing_key, "demo", ["everything"], now=datetime.now(UTC), days=1)


def test_secrets_are_made_once_and_only_their_owner_reads_them(tmp_path: Path) -> None:
    path = tmp_path / "secrets.json"

    assert load_credentials(path) == load_credentials(path)
    assert S_IMODE(path.stat().st_mode) == 0o600


def test_the_public_key_set_has_nothing_private_and_signs_for_every_shop(tmp_path: Path) -> None:
    [key] = load_credentials(tmp_path / "secrets.json").jwks()["keys"]

    assert {"crv", "kid", "kty", "shops", "use", "x"} == key.keys()
    assert key["shops"] == ["*"]
