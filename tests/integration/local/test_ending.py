"""Ending a stack from outside, while whoever started it still stands in front of it."""

import subprocess
import sys

from mandegar_local.children import write_pid_file
from mandegar_local.ending import end_stack
from mandegar_local.places import Places


def test_a_supervisor_that_its_parent_has_not_looked_after_yet_has_ended(tmp_path):
    places = Places(tmp_path)
    child = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"])
    write_pid_file(places.supervisor, child.pid)

    said = end_stack(places)  # the child is a zombie until we ask for its exit code

    assert said == "stopped"
    assert child.wait(5) != 0
