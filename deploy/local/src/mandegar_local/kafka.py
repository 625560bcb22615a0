"""Runs Kafka as a local process, broker and controller together (KRaft), with jars and a Java from packages."""

import os
import subprocess
from base64 import urlsafe_b64encode
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from uuid import uuid4

from mandegar.kafka.broker import Broker
from mandegar_local.children import ChildServer, last_lines, start_child, stop_leftover
from mandegar_local.jars import kafka_jars
from mandegar_local.java import java_command
from mandegar_local.kafka_readiness import wait_until_acknowledged
from mandegar_local.ports import require_free
from mandegar_local.stack_error import StackError

_READY_SECONDS = 180.0
# A local broker runs for minutes, in which the full compiler costs more CPU than its code saves.
_QUICK_COMPILER = "-XX:TieredStopAtLevel=1"


@dataclass(frozen=True, slots=True)
class Proxied:
    """A second listener for clients behind a proxy: the broker's own port, and the proxy's port for its clients."""

    port: int
    advertised_port: int


@dataclass(frozen=True, slots=True)
class Secured:
    """A broker with TLS or passwords: how a client reaches it, and the properties that replace the usual ones.

    ``format_options`` are added to the command that formats its storage, and make users.
    """

    broker: Broker
    properties: Mapping[str, str]
    format_options: tuple[str, ...] = ()


@dataclass(frozen=True)
class KafkaServer(ChildServer):
    """A running broker."""

    bootstrap: str


def start_kafka(
    directory: Path,
    port: int,
    *,
    controller_port: int,
    proxied: Proxied | None = None,
    secured: Secured | None = None,
    log: Callable[[str], None],
    log_file: Path | None = None,
) -> KafkaServer:
    """Start a broker on a loopback port with its data in `directory`; return once it acknowledges a record.

    Blocks for about four seconds, and longer if the jars must be downloaded. Data survives a restart. Raises StackError
    if a port is in use, a download fails, or the broker does not start.
    """
    directory = directory.resolve()
    directory.mkdir(parents=True, exist_ok=True)
    log_file = log_file or directory / "kafka.log"
    pid_file = directory / "kafka.pid"
    if stop_leftover(pid_file):
        log("Kafka: stopped the broker of an earlier run")
    require_free("Kafka", port)
    require_free("Kafka's controller", controller_port)
    java = _java(directory, log)
    properties = _write_properties(directory, port, controller_port, proxied, secured)
    if not (directory / "data" / "meta.properties").exists():
        _format(java, directory, properties, log, secured.format_options if secured else ())
    child = start_child(
        [*java, _QUICK_COMPILER, "-Xms128m", "-Xmx512m", "kafka.Kafka", properties],
        pid_file=pid_file,
        log_file=log_file,
    )
    broker = secured.broker if secured else Broker(f"127.0.0.1:{port}")
    try:
        ready = wait_until_acknowledged(broker, seconds=_READY_SECONDS, gone=lambda: child.exit_code is not None)
    except BaseException:
        child.stop(3)
        raise
    if not ready:
        child.stop(3)
        raise StackError(f"Kafka did not start; the last lines of {log_file}:\n{last_lines(log_file)}")
    log(f"Kafka: ready on {broker.bootstrap}")
    return KafkaServer(child, broker.bootstrap)


def _java(directory: Path, log: Callable[[str], None]) -> list[str | Path]:
    scratch = directory / "tmp"
    scratch.mkdir(exist_ok=True)
    return [
        java_command(),
        "-XX:-UsePerfData",  # would write a file outside `directory`
        f"-Djava.io.tmpdir={scratch}",
        "-Djava.awt.headless=true",
        "-Dorg.slf4j.simpleLogger.showDateTime=true",
        "-Dorg.slf4j.simpleLogger.dateTimeFormat=yyyy-MM-dd'T'HH:mm:ss.SSSXXX",
        "-cp",
        os.pathsep.join(str(jar) for jar in kafka_jars(log)),
    ]


def _format(
    java: list[str | Path], directory: Path, properties: Path, log: Callable[[str], None], options: tuple[str, ...]
) -> None:
    log("Kafka: formatting its storage")
    cluster = urlsafe_b64encode(uuid4().bytes).rstrip(b"=").decode()
    command = [
        *java,
        _QUICK_COMPILER,
        "-Xmx128m",
        "kafka.tools.StorageTool",
        "format",
        f"--cluster-id={cluster}",
        "-c",
        properties,
        *options,
    ]
    done = subprocess.run([str(part) for part in command], capture_output=True, text=True, timeout=120, check=False)
    (directory / "format.log").write_text(done.stdout + done.stderr)
    if done.returncode != 0:
        raise StackError(f"Kafka's storage could not be formatted: {(done.stderr or done.stdout).strip()[-300:]}")


def _write_properties(
    directory: Path, port: int, controller_port: int, proxied: Proxied | None, secured: Secured | None
) -> Path:
    settings: dict[str, object] = {
        "process.roles": "broker,controller",
        "node.id": 1,
        "controller.quorum.voters": f"1@127.0.0.1:{controller_port}",
        "controller.listener.names": "CONTROLLER",
        "listeners": f"PLAINTEXT://127.0.0.1:{port},CONTROLLER://127.0.0.1:{controller_port}",
        "advertised.listeners": f"PLAINTEXT://127.0.0.1:{port}",
        "listener.security.protocol.map": "PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT",
        "log.dirs": directory / "data",
        "auto.create.topics.enable": "false",
        "group.initial.rebalance.delay.ms": 0,
        # After a kill, a broker can register only once its earlier session has expired: after 5 s instead of 13.
        "broker.session.timeout.ms": 2000,
        "broker.heartbeat.interval.ms": 500,
        "default.replication.factor": 1,
        "offsets.topic.replication.factor": 1,
        "offsets.topic.num.partitions": 4,
        "transaction.state.log.replication.factor": 1,
        "transaction.state.log.min.isr": 1,
        "share.coordinator.state.topic.replication.factor": 1,
        "share.coordinator.state.topic.min.isr": 1,
        # For hundreds of small partitions (each test has its own topics) with a small heap and few open files.
        "log.segment.bytes": 128 * 1024 * 1024,
        "log.index.size.max.bytes": 1024 * 1024,
        "log.cleaner.dedupe.buffer.size": 32 * 1024 * 1024,
    }
    if proxied is not None:
        settings["listeners"] = f"{settings['listeners']},PROXIED://127.0.0.1:{proxied.port}"
        settings["advertised.listeners"] = (
            f"{settings['advertised.listeners']},PROXIED://127.0.0.1:{proxied.advertised_port}"
        )
        settings["listener.security.protocol.map"] = "PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT,PROXIED:PLAINTEXT"
        settings["inter.broker.listener.name"] = "PLAINTEXT"
    if secured is not None:
        settings |= secured.properties
    path = directory / "server.properties"
    path.write_text("".join(f"{name}={value}\n" for name, value in settings.items()))
    return path
