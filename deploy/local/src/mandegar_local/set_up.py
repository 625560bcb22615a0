"""`make setup`: fills `.venv` from the locks, behind proxies, mirrors and authorities of one's own too.

Runs with the system's Python before anything is installed, so it uses the standard library only.
"""

import os
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

from mandegar_local.certificates import NoSuchBundle, for_pip, for_uv, trusted_bundle
from mandegar_local.download_failures import why

_LOCKS = ("requirements.lock", "requirements-dev.lock")
_DATA_LOCK = "requirements-data.lock"
# A setting of pip, and the variable by which uv knows it.
_PIP_TO_UV = (
    ("index-url", "PIP_INDEX_URL", ("UV_DEFAULT_INDEX", "UV_INDEX_URL")),
    ("extra-index-url", "PIP_EXTRA_INDEX_URL", ("UV_INDEX", "UV_EXTRA_INDEX_URL")),
    ("find-links", "PIP_FIND_LINKS", ("UV_FIND_LINKS",)),
    ("trusted-host", "PIP_TRUSTED_HOST", ("UV_INSECURE_HOST",)),
    ("proxy", "PIP_PROXY", ("HTTPS_PROXY", "https_proxy", "ALL_PROXY", "all_proxy")),
)
_INDEX = "PIP_INDEX_URL"


class Failed(Exception):
    """A step of set-up failed; the text is one sentence for the user."""


def main(members: Sequence[str]) -> None:
    """Install the locks and the members into `.venv`; exits with 1 and one sentence if a step fails."""
    try:
        _install(Path(".venv"), members)
    except (Failed, NoSuchBundle) as error:
        sys.exit(f"Set-up failed. {error}")


def variables_of_pip(environment: Mapping[str, str], configuration: Mapping[str, str]) -> dict[str, str]:
    """What pip does not know yet: the index that the user has named for uv alone."""
    if environment.get(_INDEX) or configuration.get("index-url"):
        return {}
    named = next((environment[name] for name in ("UV_DEFAULT_INDEX", "UV_INDEX_URL") if environment.get(name)), "")
    return {_INDEX: named} if named else {}


def variables_of_uv(environment: Mapping[str, str], configuration: Mapping[str, str]) -> dict[str, str]:
    """What uv does not know yet: the indexes, hosts and proxy that the user has set for pip, there or in a file."""
    variables: dict[str, str] = {}
    for setting, of_pip, of_uv in _PIP_TO_UV:
        value = environment.get(of_pip) or configuration.get(setting)
        if value and not any(environment.get(name) for name in of_uv):
            variables[of_uv[0]] = " ".join(value.split())
    return variables


def read_configuration(listed: str) -> dict[str, str]:
    """The settings in what `pip config list` prints, without those of the environment."""
    settings: dict[str, str] = {}
    for line in listed.splitlines():
        name, _, value = line.partition("=")
        section, _, key = name.rpartition(".")
        if section in ("global", "install"):
            settings[key] = value.strip().strip("'\"").replace("\\n", " ").strip()
    return settings


def _install(directory: Path, members: Sequence[str]) -> None:
    python, uv = str(directory / "bin" / "python"), str(directory / "bin" / "uv")
    print(f"[1/3] virtual environment in {directory}", flush=True)
    if (
        not Path(python).exists()
        and subprocess.run([sys.executable, "-m", "venv", str(directory)], check=False).returncode
    ):
        raise Failed(
            "The virtual environment could not be created: install your system's python3-venv package, then run "
            "make again."
        )
    listed = subprocess.run([python, "-m", "pip", "config", "list"], capture_output=True, text=True, check=False).stdout
    configuration = read_configuration(listed)
    bundle = trusted_bundle(os.environ, of_pip=configuration.get("cert", ""))
    pip_environment = variables_of_pip(os.environ, configuration)
    if not configuration.get("cert"):
        pip_environment |= for_pip(bundle, os.environ)
    uv_environment = variables_of_uv(os.environ, configuration) | for_uv(bundle, os.environ)
    lock = directory / "uv.requirements"
    lock.write_text(_uv_of(Path(_LOCKS[1]).read_text()))
    pip = [
        python,
        "-m",
        "pip",
        "install",
        "--disable-pip-version-check",
        "--require-hashes",
        "-r",
        str(lock),
    ]
    run_step(pip, pip_environment, "The installer (uv)", bundle)
    print("[2/3] dependencies, with their hashes checked", flush=True)
    install = [uv, "pip", "install", "--quiet", "--compile-bytecode", "--python", python, "--require-hashes"]
    run_step(
        [*install, *(word for lock in _LOCKS for word in ("-r", lock))], uv_environment, "The dependencies", bundle
    )
    run_step([*install, "--no-deps", "-r", _DATA_LOCK], uv_environment, "The demo's data", bundle)
    print("[3/3] the members of this workspace", flush=True)
    own = [uv, "pip", "install", "--quiet", "--python", python, "--no-deps", "--no-build-isolation", "--offline"]
    run_step([*own, *(word for member in members for word in ("-e", member))], uv_environment, "The members", bundle)


def _uv_of(lock: str) -> str:
    """The requirement of uv with its hashes."""
    lines = lock.splitlines(keepends=True)
    start = next(number for number, line in enumerate(lines) if line.startswith("uv=="))
    end = next(number for number in range(start, len(lines)) if not lines[number].endswith("\\\n"))
    return "".join(lines[start : end + 1])


def run_step(command: Sequence[str], variables: Mapping[str, str], what: str, bundle: str) -> None:
    """Run a command with these variables besides those of the environment; raises Failed with one sentence."""
    done = subprocess.run(
        command,
        env={**os.environ, **variables},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        errors="replace",
        check=False,
    )
    if done.returncode:
        sentence = why(done.stdout, f"{what} could not be downloaded", bundle=bundle, index=_INDEX)
        raise Failed(sentence or f"{what} could not be installed:\n{_end_of(done.stdout)}")


def _end_of(output: str) -> str:
    return "\n".join(output.strip().splitlines()[-8:])


if __name__ == "__main__":
    main(sys.argv[1:])
