"""`up --detach`: the supervisor in a session of its own, while we show its progress until it is ready."""

import os
import select
import subprocess
import sys

from mandegar_local.places import Places

_LOOK_SECONDS = 0.1


def run_detached(places: Places, first_instant: str) -> int:
    """Start a supervisor that outlives us; 0 when it is ready, else 1, after showing what it said."""
    log_file = places.log("supervisor")
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
        with log_file.open() as said:
            while not select.select([reading], [], [], _LOOK_SECONDS)[0]:
                sys.stdout.write(said.read())
                sys.stdout.flush()
            ready = os.read(reading, 16) == b"ready\n"
            if not ready:
                child.wait()
            sys.stdout.write(said.read())
            sys.stdout.flush()
    except KeyboardInterrupt:
        child.terminate()
        child.wait()
        return 130
    finally:
        os.close(reading)
    return 0 if ready else 1
