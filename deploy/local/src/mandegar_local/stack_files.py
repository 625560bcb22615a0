"""The paths of a stack's files, all under `.local/`."""

import json
import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any


@dataclass(frozen=True, slots=True)
class StackFiles:
    """The files and directories of one stack."""

    root: Path

    @property
    def stack(self) -> Path:
        """The description of the running stack: addresses, tokens, pids."""
        return self.root / "stack.json"

    @property
    def secrets(self) -> Path:
        """Passwords and keys, mode 0600."""
        return self.root / "secrets.json"

    @property
    def key_set(self) -> Path:
        """The public keys and the revoked tokens, which the services read again and again."""
        return self.root / "jwks.json"

    @property
    def clock(self) -> Path:
        """The saved clock of the stack."""
        return self.root / "clock.json"

    @property
    def demo(self) -> Path:
        """The saved time at which the demo's history ends."""
        return self.root / "demo.json"

    @property
    def lock(self) -> Path:
        """The file that a running supervisor locks."""
        return self.root / "supervisor.lock"

    @property
    def supervisor(self) -> Path:
        """The pid file of the supervisor."""
        return self.pid("supervisor")

    def log(self, name: str) -> Path:
        """The log of one process."""
        return self.root / "log" / f"{name}.log"

    def pid(self, name: str) -> Path:
        """The pid file of one process."""
        return self.root / "run" / f"{name}.pid"

    def written_paths(self) -> list[Path]:
        """The paths that a stack writes; `reset` removes these and no others."""
        directories = [self.root / name for name in ("kafka", "postgres", "mail", "sms", "log", "run")]
        return [*directories, self.stack, self.secrets, self.key_set, self.clock, self.demo, self.lock]


def local_stack_files() -> StackFiles:
    """The files under `MANDEGAR_LOCAL_DIR`, or under `.local` of the checkout that contains the working directory."""
    if named := os.environ.get("MANDEGAR_LOCAL_DIR"):
        return StackFiles(Path(named).resolve())
    here = Path.cwd()
    checkout = next((d for d in (here, *here.parents) if (d / "deploy" / "local" / "pyproject.toml").exists()), here)
    return StackFiles(checkout / ".local")


def read_json(path: Path) -> dict[str, Any] | None:
    """The object in a JSON file; None if the file does not exist."""
    try:
        content: dict[str, Any] = json.loads(path.read_bytes())
    except FileNotFoundError:
        return None
    return content


def write_json(path: Path, content: object, *, mode: int = 0o600) -> None:
    """Replace a file atomically, so that neither a reader nor a crash sees half of it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    incoming = path.with_name(path.name + ".incoming")
    incoming.touch(mode=mode)
    incoming.chmod(mode)
    incoming.write_text(json.dumps(content, indent=2) + "\n")
    incoming.replace(path)
