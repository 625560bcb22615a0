import json
from datetime import UTC, datetime
from pathlib import Path
from stat import S_IMODE

import pytest

from mandegar.tokens import SCOPES, InvalidToken, Principal, TokenVerifier
from mandegar_local.credentials import load_credentials
from mandegar_local.tokens import sign_token, token_id


def test_the_services_accept_a_token_of_the_local_key(tmp_path: Path) -> None:
    credentials = load_credentials(tmp_path / "secrets.json")
    token = sign_token(credentials.signing_key, "demo", ["customers:read"], now=datetime.now(UTC), days=1, subject="c")

    principal = TokenVerifier(json.dumps(credentials.jwks())).verify(token)

    key_id = credentials.jwks()["keys"][0]["kid"]
    assert Principal("demo", frozenset({"customers:read"}), "c", key_id=key_id) == principal
    assert not principal.operator


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


def test_an_operators_token_is_one_for_every_shop(tmp_path: Path) -> None:
    credentials = load_credentials(tmp_path / "secrets.json")
    token = sign_token(credentials.signing_key, "*", SCOPES, now=datetime.now(UTC))

    principal = TokenVerifier(json.dumps(credentials.jwks())).verify(token)

    assert principal.operator
    assert principal.scopes == frozenset(SCOPES)


@pytest.mark.parametrize(
    ("shop", "days", "subject"), [("demo", 91, None), ("demo", 1.1, "c"), ("*", 1, "c"), ("demo", 3650, None)]
)
def test_what_a_service_would_refuse_is_not_signed(tmp_path: Path, shop: str, days: float, subject: str | None) -> None:
    key = load_credentials(tmp_path / "secrets.json").signing_key

    with pytest.raises(ValueError, match=r"it would be valid for|a customer belongs to one shop"):
        sign_token(key, shop, ["customers:read"], now=datetime.now(UTC), days=days, subject=subject)


@pytest.mark.parametrize("subject", [None, "c"])
def test_a_token_of_the_longest_life_is_accepted_and_can_be_revoked(tmp_path: Path, subject: str | None) -> None:
    credentials = load_credentials(tmp_path / "secrets.json")
    days = 90 if subject is None else 1
    token = sign_token(
        credentials.signing_key, "demo", ["customers:read"], now=datetime.now(UTC), days=days, subject=subject
    )
    assert TokenVerifier(json.dumps(credentials.jwks())).verify(token).subject == subject

    credentials.revoked.append(token_id(token))

    assert token_id(token_id(token)) == token_id(token)
    with pytest.raises(InvalidToken, match="revoked"):
        TokenVerifier(json.dumps(credentials.jwks())).verify(token)
