"""`up --detach`: starts the supervisor in a session of its own and shows its progress until the stack is ready."""

import os
import select
import subprocess
import sys

from mandegar_local.stack_files import StackFiles

_POLL_SECONDS = 0.1


def run_detached(files: StackFiles, first_instant: str) -> int:
    """Start a supervisor that outlives this process, and print its output; 0 once it is ready, 1 if it fails."""
    log_file = files.log("supervisor")
    log_file.parent.mkdir(parents=True, exist_ok=True)
    reading, writing = os.pipe()
    command = [
        sys.executable,
        "-m",
        "mandegar_local",
        "up",
        f"--clock={first_instant}",
        f"--ready-descriptor={writing}",
    ]
    with log_file.open("wb") as log:
        child = subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=subprocess.STDOUT,
            start_new_session=True,
            pass_fds=(writing,),
        )
    os.close(writing)
    try:
        with log_file.open() as output:
            while not select.select([reading], [], [], _POLL_SECONDS)[0]:
                sys.stdout.write(output.read())
                sys.stdout.flush()
            ready = os.read(reading, 16) == b"ready\n"
            if not ready:
                child.wait()
            sys.stdout.write(output.read())
            sys.stdout.flush()
    except KeyboardInterrupt:
        child.terminate()
        child.wait()
        return 130
    finally:
        os.close(reading)
    return 0 if ready else 1
