"""Runs a command of a service, such as a replay, with the environment that the running stack gives that service."""

import os
import subprocess
import sys
from collections.abc import Mapping, Sequence
from typing import Any

from mandegar_local.credentials import load_credentials
from mandegar_local.overview import running_stack
from mandegar_local.ports import SERVICES, ports_from_environment
from mandegar_local.service_environment import Deployment
from mandegar_local.stack_error import StackError
from mandegar_local.stack_files import StackFiles


def run_service_command(files: StackFiles, service: str, words: Sequence[str]) -> int:
    """Run ``python -m <service> <words>``; returns its exit code. Help needs no running stack.

    Raises StackError for a service that does not run.
    """
    if service not in SERVICES and not files.stack.exists():
        raise StackError(f"{service!r} is not a service; the services are {', '.join(SERVICES)}.")
    if service in SERVICES and (not words or "--help" in words):
        return subprocess.run([sys.executable, "-m", service, *words], check=False).returncode
    described = running_stack(files)
    if service not in described["services"]:
        raise StackError(f"The stack has no service {service!r}; it has {', '.join(described['services'])}.")
    environment = {**os.environ, **deployment_of(files, described, service).environment(service)}
    return subprocess.run([sys.executable, "-m", service, *words], env=environment, check=False).returncode


def deployment_of(files: StackFiles, described: Mapping[str, Any], service: str) -> Deployment:
    """The addresses and secrets with which the stack, as its description says, runs a service."""
    return Deployment(
        ports=ports_from_environment(),
        credentials=load_credentials(files.secrets),
        kafka_bootstrap=described["kafka_bootstrap"],
        admin_url=described["databases"][service],
        smtp_url=described["smtp_url"],
        clock=described["clock"],
    )
