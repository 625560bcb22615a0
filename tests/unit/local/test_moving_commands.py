"""`mandegar export --shop` and `mandegar move-in`: what they refuse before they read anything."""

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from mandegar_local.command import app
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


def test_a_stack_may_run_without_any_service(monkeypatch):
    monkeypatch.setenv("MANDEGAR_SERVICES", "none")
    assert wanted_services() == ()
