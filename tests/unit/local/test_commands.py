"""The `mandegar` command: its help, its scopes, and what it says without a stack."""

import re
import subprocess
import sys
from pathlib import Path

import pytest
from typer.testing import CliRunner

from mandegar.tokens import SCOPES
from mandegar_local.command import app
from mandegar_local.tokens import SCOPE_MEANINGS

ROOT = Path(__file__).parents[3]
RUNNER = CliRunner()


@pytest.fixture(autouse=True)
def no_stack(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MANDEGAR_LOCAL_DIR", str(tmp_path))


def mandegar(*words: str) -> tuple[int, str]:
    command = [sys.executable, "-m", "mandegar_local.command", *words]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    return done.returncode, done.stdout + done.stderr


@pytest.mark.parametrize(
    ("words", "shown"),
    [
        (("loyalty", "republish", "--help"), "--since"),
        (("churn", "replay", "--help"), "--from-offset"),
        (("ingest", "check", "--help"), "violate an invariant"),
        (("notify", "--help"), "rebuild"),
        (("--help",), "ingest, loyalty, churn or notify"),
    ],
)
def test_help_of_run_is_that_of_the_command_it_names(words, shown):
    """Without a running stack: who asks for help may have none."""
    code, output = mandegar("run", *words)
    assert (code, shown in output) == (0, True), output


def test_an_unknown_service_is_answered_with_the_known_ones():
    code, output = mandegar("run", "loyality", "check")
    assert (code, output) == (1, "'loyality' is not a service; the services are ingest, loyalty, churn, notify.\n")


def test_every_scope_has_its_meaning():
    assert tuple(SCOPE_MEANINGS) == SCOPES
    listed = RUNNER.invoke(app, ["scopes"]).output
    assert [line.split()[0] for line in listed.splitlines()] == list(SCOPES)


@pytest.mark.parametrize(
    "page", sorted(ROOT.glob("*.md")) + sorted(ROOT.glob("docs/*.md")) + sorted(ROOT.glob("*/*/README.md")), ids=str
)
def test_every_scope_that_a_page_names_exists(page):
    named = set(re.findall(r"`([a-z]+:(?:read|write|raw))`", page.read_text()))
    assert named <= set(SCOPES)


@pytest.mark.parametrize(
    "words",
    [
        ["env"],
        ["shop", "x"],
        ["source", "--name", "x"],
        ["sources"],
        ["record-of-orders", "x"],
        ["status"],
        ["run", "churn", "check"],
        ["export", "--shop", "x"],
        ["move-in", __file__],
    ],
    ids=" ".join,
)
def test_without_a_stack_each_command_says_so_in_one_sentence(words):
    result = RUNNER.invoke(app, words)
    assert result.exit_code == 1
    assert re.fullmatch(r"No stack runs from .*; start one with `make up`.\n", result.output)


def test_balances_are_verified_with_the_settings_of_a_running_stack():
    code, output = mandegar("verify", "--help")
    assert (code, "--customer" in output) == (0, True)
    code, output = mandegar("verify", "--shop", "--help")
    assert code == 1
    assert "no stack" in output.lower() or "make up" in output
