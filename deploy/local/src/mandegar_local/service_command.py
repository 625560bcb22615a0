"""One command of a service, such as a replay, with the environment that the running stack gives that service."""

import os
import subprocess
import sys
from collections.abc import Sequence

from mandegar_local.credentials import load_credentials
from mandegar_local.failure import StackError
from mandegar_local.overview import running_stack
from mandegar_local.places import Places
from mandegar_local.ports import ports_from_environment
from mandegar_local.service_environment import Deployment


def run_service_command(places: Places, service: str, words: Sequence[str]) -> int:
    """Run ``python -m <service> <words>``; its exit code. Raises StackError when no such service runs here."""
    described = running_stack(places)
    if service not in described["services"]:
        raise StackError(f"There is no service {service!r} here; there are {', '.join(described['services'])}.")
    deployment = Deployment(
        ports=ports_from_environment(),
        credentials=load_credentials(places.secrets),
        kafka_bootstrap=described["kafka_bootstrap"],
        admin_url=described["databases"][service],
        smtp_url=described["smtp_url"],
        clock=described["clock"],
    )
    environment = {**os.environ, **deployment.environment(service)}
    return subprocess.run([sys.executable, "-m", service, *words], env=environment, check=False).returncode
