"""Mailbox, SMS outbox and services as supervised processes, and the migrations that run before them."""

import asyncio
import os
import sys
from collections.abc import Callable, Mapping

from mandegar_local.children import start_child, stop_leftover
from mandegar_local.ports import SERVICES, WORKERS, require_free
from mandegar_local.service_environment import Deployment
from mandegar_local.stack_error import StackError
from mandegar_local.stack_files import StackFiles
from mandegar_local.supervised_process import Running, SupervisedProcess

Log = Callable[[str], None]


def wanted_services() -> tuple[str, ...]:
    """All four services, or those in MANDEGAR_SERVICES; `none` is none. Raises StackError for an unknown name."""
    if os.environ.get("MANDEGAR_SERVICES") == "none":
        return ()
    named = tuple(name for name in os.environ.get("MANDEGAR_SERVICES", "").split(",") if name)
    if unknown := [name for name in named if name not in SERVICES]:
        raise StackError(f"MANDEGAR_SERVICES contains {unknown[0]!r}; the services are {', '.join(SERVICES)}.")
    return named or SERVICES


def mailbox_process(deployment: Deployment, files: StackFiles, log: Log) -> SupervisedProcess:
    """The process of the mailbox."""
    ports = deployment.ports
    command = ["mandegar_local.mailbox", str(files.root / "mail"), str(ports["smtp"]), str(ports["mailbox"])]
    return _process("mailbox", command, {"MANDEGAR_CLOCK": deployment.clock}, deployment, files, log)


def sms_outbox_process(deployment: Deployment, files: StackFiles, log: Log) -> SupervisedProcess:
    """The process of the SMS outbox."""
    command = ["mandegar_local.sms_outbox", str(files.root / "sms"), str(deployment.ports["sms_outbox"])]
    environment = {"MANDEGAR_CLOCK": deployment.clock, "MANDEGAR_SMS_API_KEY": deployment.credentials.sms_api_key}
    return _process("sms_outbox", command, environment, deployment, files, log)


def service_processes(service: str, deployment: Deployment, files: StackFiles, log: Log) -> list[SupervisedProcess]:
    """The two processes of a service: the one that answers requests, and its worker."""
    environment = deployment.environment(service)
    return [
        _process(name, [service, "serve", "--only", role], environment, deployment, files, log)
        for name, role in ((service, "web"), (WORKERS[service], "worker"))
    ]


async def migrate(service: str, deployment: Deployment, files: StackFiles) -> str:
    """Apply a service's migrations; returns the service's name. Raises StackError with the output of one that fails."""
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", service, "migrate"),
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
        env={**os.environ, **deployment.environment(service)},
    )
    try:
        output, _ = await process.communicate()
    except asyncio.CancelledError:
        process.kill()
        await process.wait()
        raise
    log_file = files.log(f"{service}.migrate")
    log_file.parent.mkdir(parents=True, exist_ok=True)
    log_file.write_bytes(output)
    if process.returncode != 0:
        end = "\n".join(output.decode(errors="replace").strip().splitlines()[-5:])
        raise StackError(f"{service}'s migrations failed; the last lines of {log_file}:\n{end}")
    return service


def _process(
    name: str,
    module: list[str],
    environment: Mapping[str, str],
    deployment: Deployment,
    files: StackFiles,
    log: Log,
) -> SupervisedProcess:
    def start() -> Running:
        stop_leftover(files.pid(name))
        require_free(name, deployment.ports[name])
        return start_child(
            [sys.executable, "-m", *module],
            pid_file=files.pid(name),
            log_file=files.log(name),
            environment=environment,
        )

    url = deployment.url(name)
    return SupervisedProcess(
        name, start, log, files.pid(name), url=url, ready_url=f"{url}/readyz", log_file=files.log(name)
    )
