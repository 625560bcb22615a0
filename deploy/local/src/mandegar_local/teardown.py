"""`down` and `reset`: stop a stack from another process, even if its supervisor was killed."""

import shutil
import signal

import psutil

from mandegar_local.accounts import remove_fallback
from mandegar_local.children import running_process, stop_leftover
from mandegar_local.containers import remove_volumes
from mandegar_local.ports import OWN_PROCESSES
from mandegar_local.server_choice import Origin, choose_servers
from mandegar_local.stack_error import StackError
from mandegar_local.stack_files import StackFiles

# Services get 20 s to end, and then the servers get 20 s.
_SUPERVISOR_SECONDS = 60.0


def end_stack(files: StackFiles) -> str:
    """Stop the stack of this directory; returns what was done. Raises StackError if it does not end."""
    supervisor = running_process(files.supervisor)
    if supervisor is not None:
        supervisor.terminate()
        try:
            supervisor.wait(_SUPERVISOR_SECONDS)
        except psutil.TimeoutExpired as error:
            raise StackError(
                f"The supervisor (pid {supervisor.pid}) did not end within {_SUPERVISOR_SECONDS:.0f} s; see "
                f"{files.log('supervisor')}, or kill it and run this again."
            ) from error
        return "stopped"
    left = [name for name in OWN_PROCESSES if stop_leftover(files.pid(name))]
    left += ["kafka"] if stop_leftover(files.root / "kafka" / "kafka.pid") else []
    left += ["postgres"] if stop_leftover(files.root / "postgres" / "postgres.pid", signal.SIGINT) else []
    files.supervisor.unlink(missing_ok=True)
    files.stack.unlink(missing_ok=True)
    return f"stopped processes of a killed supervisor: {', '.join(left)}" if left else "nothing was running"


def remove_stack(files: StackFiles) -> str:
    """Stop the stack and remove its data; downloads in the cache are kept."""
    end_stack(files)
    if Origin.CONTAINER in ((choice := choose_servers()).kafka, choice.postgres):
        remove_volumes(files.root / "kafka", files.root / "postgres")
    remove_fallback(files.root / "postgres")
    for path in files.written_paths():
        shutil.rmtree(path) if path.is_dir() else path.unlink(missing_ok=True)
    return f"removed the stack's data from {files.root}"
