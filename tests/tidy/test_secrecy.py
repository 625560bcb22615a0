"""The repository is about the product: no machine, index or private address of where it was written stands in it."""

import re
import subprocess

from tidy.tree import ROOT, report

_TEXT = (".py", ".md", ".toml", ".yml", ".yaml", ".lock", ".sh", ".sql", ".env", ".ini", ".cfg", ".json", "Makefile")
_PLACES = re.compile(
    rf"{re.escape(str(ROOT))}\b|/(?:root|home|Users)/\w|(?:--|^)(?:extra-)?index-url|\b10\.\d+\.\d+\.\d+:\d+",
    re.MULTILINE,
)


def test_no_file_names_the_machine_it_was_written_on():
    listed = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    names = [
        name for name in listed.stdout.splitlines() if name.endswith(_TEXT) and name != "tests/tidy/test_secrecy.py"
    ]
    found = [
        f"{name}: {match[0]!r}"
        for name in names
        if (ROOT / name).is_file() and (match := _PLACES.search((ROOT / name).read_text(errors="replace")))
    ]

    assert not found, report("paths and addresses of one machine", found)
