"""Where everything of one stack lies: under `.local/`, in one table."""

import json
import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any


@dataclass(frozen=True, slots=True)
class Places:
    """The files and directories of one stack."""

    root: Path

    @property
    def stack(self) -> Path:
        """What the running stack tells others: addresses, tokens, pids."""
        return self.root / "stack.json"

    @property
    def secrets(self) -> Path:
        """Passwords and keys, mode 0600."""
        return self.root / "secrets.json"

    @property
    def clock(self) -> Path:
        """The stack's own time."""
        return self.root / "clock.json"

    @property
    def demo(self) -> Path:
        """When the demo's story ends."""
        return self.root / "demo.json"

    @property
    def lock(self) -> Path:
        """Held while a supervisor runs."""
        return self.root / "supervisor.lock"

    @property
    def supervisor(self) -> Path:
        """Pid file of the supervisor."""
        return self.pid("supervisor")

    def log(self, name: str) -> Path:
        """The log of one process."""
        return self.root / "log" / f"{name}.log"

    def pid(self, name: str) -> Path:
        """The pid file of one process."""
        return self.root / "run" / f"{name}.pid"

    def all_kept(self) -> list[Path]:
        """Everything that a stack writes here; whatever else lies here is somebody else's."""
        directories = [self.root / name for name in ("kafka", "postgres", "mail", "sms", "log", "run")]
        return [*directories, self.stack, self.secrets, self.clock, self.demo, self.lock]


def local_places() -> Places:
    """Those of `MANDEGAR_LOCAL_DIR`, else `.local` in the nearest checkout above the working directory."""
    if named := os.environ.get("MANDEGAR_LOCAL_DIR"):
        return Places(Path(named).resolve())
    here = Path.cwd()
    checkout = next((d for d in (here, *here.parents) if (d / "deploy" / "local" / "pyproject.toml").exists()), here)
    return Places(checkout / ".local")


def read_json(path: Path) -> dict[str, Any] | None:
    """The object in a file, None when there is no such file."""
    try:
        content: dict[str, Any] = json.loads(path.read_bytes())
    except FileNotFoundError:
        return None
    return content


def write_json(path: Path, content: object, *, mode: int = 0o600) -> None:
    """Replace a file in one step, so that a reader or a crash never meets half of it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    incoming = path.with_name(path.name + ".incoming")
    incoming.touch(mode=mode)
    incoming.chmod(mode)
    incoming.write_text(json.dumps(content, indent=2) + "\n")
    incoming.replace(path)
