"""The commands of README.md, pasted in its order into one shell, on a stack of its own."""

import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from harness.servers import ROOT, free_ports
from mandegar_local.accounts import remove_fallback

PORT_BASE = free_ports(100)
SECTIONS = ("## A first request", "## A shop of your own")
_BLOCK = re.compile(r"```(sh|json)\n(.*?)```", re.DOTALL)
_END = "=== end of block"

pytestmark = pytest.mark.integration


def blocks() -> list[tuple[str, str]]:
    """The blocks of the sections that a newcomer pastes: commands, and the answers that are shown below them."""
    readme = (ROOT / "README.md").read_text()
    text = "".join(readme[readme.index(title) :].split("\n## ", 1)[0] for title in SECTIONS)
    return [(kind, content) for kind, content in _BLOCK.findall(text)]


@pytest.fixture
def environment(tmp_path: Path) -> Iterator[dict[str, str]]:
    """A stack with other ports and another directory than the default."""
    named = (
        "KAFKA_BOOTSTRAP",
        "DATABASE_URL",
        "SMTP_URL",
        "MANDEGAR_SERVICES",
        "MANDEGAR_SHOP",
        "MAKEFLAGS",
        "MAKELEVEL",
    )
    environment = {name: value for name, value in os.environ.items() if name not in named}
    environment |= {
        "MANDEGAR_LOCAL_DIR": str(tmp_path / "stack"),
        "MANDEGAR_PORT_BASE": str(PORT_BASE),
        "MANDEGAR_SERVERS": "process",
    }
    yield environment
    reset = [sys.executable, "-m", "mandegar_local", "reset"]
    subprocess.run(reset, env=environment, check=False, capture_output=True)
    remove_fallback(tmp_path / "stack" / "postgres")


def paste(shell: str, commands: list[str], environment: dict[str, str]) -> list[str]:
    """What each block of commands prints, in one shell."""
    script = "".join(f"{block}\nprintf '\\n%s\\n' '{_END}'\n" for block in commands)
    done = subprocess.run(
        [shell, "-s"], input=script, cwd=ROOT, env=environment, capture_output=True, text=True, check=False, timeout=420
    )
    assert done.stderr == "", done.stdout + done.stderr
    return done.stdout.split(f"\n{_END}\n")[:-1]


def mandegar(environment: dict[str, str], *words: str) -> str:
    """What a command of the running stack prints."""
    command = [str(Path(sys.executable).with_name("mandegar")), *words]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def move_the_record(environment: dict[str, str]) -> None:
    """A newcomer's second source does not count, is told so, and takes the role with the command that it was told."""
    told = mandegar(environment, "source", "--name", "Second", "--unit", "IRT", "--kafka")
    (source_id,) = re.findall(r"^id +(src-\w+)$", told, re.MULTILINE)
    assert f"topic  raw.{source_id}" in told
    assert "Its orders do NOT count" in told
    (hint,) = re.findall(r"instead:  \S+ (record-of-orders .*)$", told, re.MULTILINE)
    assert "(live) was it until now" in mandegar(environment, *hint.split())
    listed = {line.split()[0]: line for line in mandegar(environment, "sources").splitlines()}
    assert [each for each, line in listed.items() if "record of orders" in line] == [source_id]
    assert "currency       EUR" in mandegar(environment, "shop", "other-shop", "--currency", "EUR")
    assert "(new)" not in mandegar(environment, "shop", "other-shop")


def shape(text: str) -> object:
    """Names and kinds of a JSON document, without what differs from run to run."""

    def of(value: object) -> object:
        if isinstance(value, dict):
            return {name: of(each) for name, each in value.items()}
        return [of(each) for each in value] if isinstance(value, list) else type(value).__name__

    return of(json.loads(text))


@pytest.mark.timeout(600)  # a start of the whole stack
@pytest.mark.parametrize("shell", [shell for shell in ("bash", "zsh") if shutil.which(shell)])
def test_what_the_readme_says_works_as_pasted(shell, environment):
    pasted = blocks()
    commands = [content for kind, content in pasted if kind == "sh"]
    printed = dict(zip(commands, paste(shell, commands, environment), strict=True))

    previous = ""
    for kind, content in pasted:
        if kind == "json":
            assert shape(printed[previous]) == shape(content), printed[previous]
        previous = content
    accepted, balance, (risk, messages), shop = [printed[command] for command in commands[2:4]] + [
        printed[commands[4]].strip().splitlines(),
        printed[commands[5]],
    ]
    assert json.loads(accepted)["results"][0]["status"] == "accepted"
    assert json.loads(balance)["pending"] == 125
    assert json.loads(risk)["risk"] is not None
    assert json.loads(messages)["customer_id"] == "sara-1"
    assert re.search(
        r"^shop +my-shop \(new\)$.*^id +src-.*^key +mdg_.*its orders count", shop, re.DOTALL | re.MULTILINE
    )
    move_the_record(environment)
