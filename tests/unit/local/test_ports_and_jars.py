import socket
from hashlib import sha256
from pathlib import Path

import pytest

from mandegar_local.jars import pinned_sums, wrong_files
from mandegar_local.ports import FIRST_EPHEMERAL, Ports, ports_from_environment, require_free
from mandegar_local.stack_error import StackError


def test_every_port_of_a_stack_is_its_own_and_below_the_ephemeral_range(monkeypatch: pytest.MonkeyPatch) -> None:
    ports = [port for _, port in ports_from_environment().items()]
    monkeypatch.setenv("MANDEGAR_PORT_BASE", "32674")

    assert len(ports) == len(set(ports))
    assert max(port for _, port in ports_from_environment().items()) < FIRST_EPHEMERAL


@pytest.mark.parametrize("base", ["80", "32675", "many"])
def test_a_base_that_cannot_work_is_refused_in_one_sentence(base: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MANDEGAR_PORT_BASE", base)

    with pytest.raises(StackError, match="MANDEGAR_PORT_BASE"):
        ports_from_environment()


def test_services_listen_on_8001_to_8004() -> None:
    ports = Ports(8000)

    assert [ports[name] for name in ("ingest", "loyalty", "churn", "notify")] == [8001, 8002, 8003, 8004]


def test_a_taken_port_is_named_with_the_way_out() -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()

        with pytest.raises(StackError, match=r"Port \d+ \(Kafka\) is in use.*MANDEGAR_PORT_BASE"):
            require_free("Kafka", other.getsockname()[1])


def test_every_jar_of_kafka_is_pinned_and_so_is_the_one_that_writes_its_log() -> None:
    sums = pinned_sums()

    assert {"kafka_2.13-4.3.1.jar", "kafka-clients-4.3.1.jar", "slf4j-simple-1.7.36.jar"} <= sums.keys()
    assert all(len(digest) == 64 for digest in sums.values())


def test_missing_changed_and_foreign_jars_are_wrong(tmp_path: Path) -> None:
    sums = {name: sha256(b"good").hexdigest() for name in ("same.jar", "changed.jar", "missing.jar")}
    (tmp_path / "same.jar").write_bytes(b"good")
    (tmp_path / "changed.jar").write_bytes(b"bad")
    (tmp_path / "foreign.jar").write_bytes(b"good")

    assert wrong_files(tmp_path, sums) == ["changed.jar", "foreign.jar", "missing.jar"]
