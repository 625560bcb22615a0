"""A copy of the source that may be broken: tests run inside it and import nothing from the real tree."""

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from mutants.mutation import Mutation, mutated

ROOT = Path(__file__).parents[2]
COPIED = ("libs", "services", "deploy", "docs", "tests")
PACKAGES = ("mandegar", "ingest", "loyalty", "churn", "notify", "mandegar_local")
_LEFT_OUT = shutil.ignore_patterns("__pycache__", ".local", ".venv", "*.egg-info")


class WorkingCopy:
    """The copy under ``directory``."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        sources = sorted(
            (*directory.glob("libs/*/src"), *directory.glob("services/*/src"), directory / "deploy/local/src")
        )
        self.environment = {
            **os.environ,
            "PYTHONPATH": os.pathsep.join(map(str, sources)),
            "NO_SHRINKING": "1",
            "PYTHONDONTWRITEBYTECODE": "1",  # bytecode of a second ago would hide a change of the same length
        }
        self._require_own_packages()

    @contextmanager
    def without(self, mutation: Mutation) -> Iterator[None]:
        """The guard of ``mutation`` is gone inside the block."""
        file = self.directory / mutation.file
        intact, broken = file.read_text(), mutated(mutation, self.directory)
        file.write_text(broken)
        try:
            yield
        finally:
            file.write_text(intact)

    def _require_own_packages(self) -> None:
        """Else every mutant would survive, because the tests would import the real tree."""
        script = "import sys; print(*(__import__(name).__file__ for name in sys.argv[1:]), sep='\\n')"
        command = [sys.executable, "-c", script, *PACKAGES]
        found = subprocess.run(
            command, cwd=self.directory, env=self.environment, capture_output=True, text=True, check=True
        )
        foreign = [path for path in found.stdout.split() if not Path(path).is_relative_to(self.directory)]
        if foreign:
            raise RuntimeError(f"the copy would not be tested: these are imported from elsewhere: {', '.join(foreign)}")


@contextmanager
def working_copy() -> Iterator[WorkingCopy]:
    """A fresh copy of what the real tree holds now, gone afterwards."""
    directory = ROOT / ".local" / "mutants" / f"tree-{os.getpid()}"
    shutil.rmtree(directory, ignore_errors=True)
    try:
        for folder in COPIED:
            shutil.copytree(ROOT / folder, directory / folder, ignore=_LEFT_OUT)
        shutil.copy2(ROOT / "pyproject.toml", directory)
        yield WorkingCopy(directory)
    finally:
        shutil.rmtree(directory, ignore_errors=True)
