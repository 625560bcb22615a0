"""The sinks and the services as parts, and the migrations that run before them."""

import asyncio
import os
import sys
from collections.abc import Callable, Mapping

from mandegar_local.children import start_child, stop_leftover
from mandegar_local.failure import StackError
from mandegar_local.part import Part, Running
from mandegar_local.places import Places
from mandegar_local.ports import SERVICES, require_free
from mandegar_local.service_environment import Deployment

Log = Callable[[str], None]


def wanted_services() -> tuple[str, ...]:
    """All four, or those that MANDEGAR_SERVICES lists. Raises StackError for a name that is none."""
    named = tuple(part for part in os.environ.get("MANDEGAR_SERVICES", "").split(",") if part)
    if unknown := [name for name in named if name not in SERVICES]:
        raise StackError(f"MANDEGAR_SERVICES names {unknown[0]!r}; there are {', '.join(SERVICES)}.")
    return named or SERVICES


def mailbox_part(deployment: Deployment, places: Places, log: Log) -> Part:
    """The mail sink."""
    ports = deployment.ports
    command = ["mandegar_local.mailbox", str(places.root / "mail"), str(ports["smtp"]), str(ports["mailbox"])]
    return _part("mailbox", command, {"MANDEGAR_CLOCK": deployment.clock}, deployment, places, log)


def sms_outbox_part(deployment: Deployment, places: Places, log: Log) -> Part:
    """The SMS sink."""
    command = ["mandegar_local.sms_outbox", str(places.root / "sms"), str(deployment.ports["sms_outbox"])]
    environment = {"MANDEGAR_CLOCK": deployment.clock, "MANDEGAR_SMS_API_KEY": deployment.credentials.sms_api_key}
    return _part("sms_outbox", command, environment, deployment, places, log)


def service_part(service: str, deployment: Deployment, places: Places, log: Log) -> Part:
    """One of the four services."""
    return _part(service, [service, "serve"], deployment.environment(service), deployment, places, log)


async def migrate(service: str, deployment: Deployment, places: Places) -> str:
    """Bring a service's database up to its newest migration, and give its name back.

    Raises StackError with what the migration said when it fails.
    """
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
    log_file = places.log(f"{service}.migrate")
    log_file.parent.mkdir(parents=True, exist_ok=True)
    log_file.write_bytes(output)
    if process.returncode != 0:
        end = "\n".join(output.decode(errors="replace").strip().splitlines()[-5:])
        raise StackError(f"{service}'s migrations failed; the end of {log_file}:\n{end}")
    return service


def _part(
    name: str,
    module: list[str],
    environment: Mapping[str, str],
    deployment: Deployment,
    places: Places,
    log: Log,
) -> Part:
    def start() -> Running:
        stop_leftover(places.pid(name))
        require_free(name, deployment.ports[name])
        return start_child(
            [sys.executable, "-m", *module],
            pid_file=places.pid(name),
            log_file=places.log(name),
            environment=environment,
        )

    url = deployment.url(name)
    return Part(name, start, log, places.pid(name), url=url, ready_url=f"{url}/readyz")
