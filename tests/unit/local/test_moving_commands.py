"""`mandegar export --shop` and `mandegar move-in`: what they refuse before they read anything."""

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from mandegar_local.command import app
from mandegar_local.ports import SERVICES
from mandegar_local.service_processes import wanted_services

RUNNER = CliRunner()


@pytest.fixture
def stack(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A description of a running stack, whose servers do not answer."""
    monkeypatch.setenv("MANDEGAR_LOCAL_DIR", str(tmp_path))
    return tmp_path / "stack.json"


def said(*words: str) -> str:
    result = RUNNER.invoke(app, [*words])
    assert result.exit_code == 1
    return result.output + result.stderr


def test_a_whole_shop_is_exported_only_if_it_is_named(stack, monkeypatch):
    """A default, or a variable of the shell, is no word that everybody's addresses are to be written."""
    stack.write_text(json.dumps({"services": {}}))
    monkeypatch.setenv("MANDEGAR_SHOP", "atlas")
    assert "Say whom: --customer ID for a person, or --shop SHOP alone" in said("export")


def test_a_shop_is_exported_from_all_services(stack):
    stack.write_text(json.dumps({"services": {"ingest": "http://127.0.0.1:1", "churn": "http://127.0.0.1:2"}}))
    assert "runs without loyalty, notify" in said("export", "--shop", "atlas")


def test_no_service_runs_while_a_shop_moves_in(stack):
    stack.write_text(json.dumps({"services": {"ingest": "http://127.0.0.1:1"}}))
    assert "ingest must not run while a shop moves in" in said("move-in", str(stack))


@pytest.fixture
def unreachable(tmp_path: Path) -> Path:
    """The description of an installation whose servers refuse connections."""
    file = tmp_path / "installation.toml"
    shared = {
        "ENVIRONMENT": "local",
        "KAFKA_BOOTSTRAP": "127.0.0.1:1",
        "IDENTITY_KEY": "of-a-test",
    }
    lines = ["[all]", *(f'MANDEGAR_{name} = "{value}"' for name, value in shared.items())]
    for service in SERVICES:
        lines += [f"[{service}]", f'MANDEGAR_WORKER_DATABASE_URL = "postgresql://a:b@127.0.0.1:1/{service}"']
    file.write_text("\n".join(lines))
    return file


def test_an_installation_that_does_not_answer_leaves_nothing_behind(unreachable, tmp_path):
    target = tmp_path / "atlas.zip"
    words = ("export", "--shop", "atlas", "--installation", str(unreachable), "--out", str(target))
    assert "The archive was not written: " in said(*words)
    assert list(tmp_path.iterdir()) == [unreachable]


def test_an_archive_is_read_before_an_installation_is_reached(unreachable, tmp_path):
    archive = tmp_path / "half.zip"
    archive.write_bytes(b"PK\x03\x04 and no more")
    assert "is not a whole archive of a shop" in said("move-in", str(archive), "--installation", str(unreachable))


def test_a_person_is_not_exported_from_databases(unreachable):
    words = ("export", "--customer", "c-1", "--installation", str(unreachable))
    assert "--installation is for a whole shop" in said(*words)


def test_a_stack_may_run_without_any_service(monkeypatch):
    monkeypatch.setenv("MANDEGAR_SERVICES", "none")
    assert wanted_services() == ()
