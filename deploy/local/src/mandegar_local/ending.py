"""`down` and `reset`: ending a stack from outside, also one whose supervisor was killed."""

import shutil
import signal

import psutil

from mandegar_local.accounts import remove_fallback
from mandegar_local.children import recorded, stop_leftover
from mandegar_local.choice import Origin, choose
from mandegar_local.containers import remove_volumes
from mandegar_local.failure import StackError
from mandegar_local.places import Places
from mandegar_local.ports import SERVICES

# Services have 20 s, and so have the servers after them.
_SUPERVISOR_SECONDS = 60.0


def end_stack(places: Places) -> str:
    """End the stack of this directory; the sentence that says what was done. Raises StackError if it does not end."""
    supervisor = recorded(places.supervisor)
    if supervisor is not None:
        supervisor.terminate()
        try:
            supervisor.wait(_SUPERVISOR_SECONDS)
        except psutil.TimeoutExpired as error:
            raise StackError(f"The supervisor (pid {supervisor.pid}) did not end in time; look at it.") from error
        return "stopped"
    left = [name for name in (*SERVICES, "mailbox", "sms_outbox") if stop_leftover(places.pid(name))]
    left += ["kafka"] if stop_leftover(places.root / "kafka" / "kafka.pid") else []
    left += ["postgres"] if stop_leftover(places.root / "postgres" / "postgres.pid", signal.SIGINT) else []
    places.supervisor.unlink(missing_ok=True)
    places.stack.unlink(missing_ok=True)
    return f"stopped what a killed supervisor left behind: {', '.join(left)}" if left else "nothing was running"


def remove_stack(places: Places) -> str:
    """End the stack and remove everything it has kept; downloads in the cache stay."""
    end_stack(places)
    if Origin.CONTAINER in ((choice := choose()).kafka, choice.postgres):
        remove_volumes(places.root / "kafka", places.root / "postgres")
    remove_fallback(places.root / "postgres")
    for path in places.all_kept():
        shutil.rmtree(path) if path.is_dir() else path.unlink(missing_ok=True)
    return f"removed the stack's data from {places.root}"
