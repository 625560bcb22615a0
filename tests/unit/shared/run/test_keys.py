"""The keys at the start: a set that is not valid keeps a process from starting, a server that is away does not."""

import pytest

from harness.apps import settings_of
from harness.signing import Signer, jwks
from ingest.main import SERVICE
from mandegar.run.keys import open_tokens, watch_keys
from mandegar.run.runner import START_UP_FAILURES
from mandegar.service.health import Health
from mandegar.tokens import InvalidToken

ACME = Signer("acme-1", "acme")


async def test_keys_are_read_from_a_file(tmp_path):
    file = tmp_path / "jwks.json"
    file.write_text(jwks(ACME))
    tokens = await open_tokens(settings_of(SERVICE, jwks_file=str(file)))

    assert tokens.verify(ACME.token("acme")).shop == "acme"


@pytest.mark.parametrize("text", ["{", '{"keys": [{"kid": "a", "shops": "demo"}]}', None])
async def test_a_file_that_cannot_be_used_keeps_the_process_from_starting_with_a_sentence(tmp_path, text):
    file = tmp_path / "jwks.json"
    if text is not None:
        file.write_text(text)

    with pytest.raises(START_UP_FAILURES, match="MANDEGAR_JWKS_FILE"):
        await open_tokens(settings_of(SERVICE, jwks_file=str(file)))


async def test_a_text_that_cannot_be_used_keeps_the_process_from_starting_with_a_sentence():
    with pytest.raises(START_UP_FAILURES, match="MANDEGAR_JWKS must be a JSON Web Key Set"):
        await open_tokens(settings_of(SERVICE, jwks="{}"))


async def test_a_server_of_keys_that_is_away_keeps_no_process_from_starting():
    tokens = await open_tokens(settings_of(SERVICE, jwks_url="http://127.0.0.1:9/jwks"))

    with pytest.raises(InvalidToken, match="no signing keys"):
        tokens.verify(ACME.token("acme"))


async def test_only_keys_outside_of_the_environment_are_read_again(tmp_path):
    file = tmp_path / "jwks.json"
    file.write_text(jwks(ACME))
    health, settings = Health(), settings_of(SERVICE, jwks_file=str(file))
    watch = watch_keys(await open_tokens(settings), settings, health)

    assert watch is not None
    assert await health.degradation() == {"keys": None}
    settings = settings_of(SERVICE)
    assert watch_keys(await open_tokens(settings), settings, Health()) is None
