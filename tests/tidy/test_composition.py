"""The composition of containers, read as text: its example lacks nothing, and nothing runs with more than it needs."""

import re
from typing import Any

import pytest
import yaml

from tidy.tree import ROOT, SERVICES

COMPOSITION: dict[str, Any] = yaml.safe_load((ROOT / "docker-compose.yml").read_text())
CONTAINERS: dict[str, dict[str, Any]] = COMPOSITION["services"]
PROCESSES = (*SERVICES, *(f"{service}-worker" for service in SERVICES))
# Its image writes its configuration when it starts.
WRITABLE = {"kafka"}
EXAMPLE = dict(
    line.split("=", 1)
    for line in (ROOT / "deploy/docker/example.env").read_text().splitlines()
    if "=" in line and not line.startswith("#")
)


def test_every_value_that_must_be_given_is_in_the_example():
    needed = set(re.findall(r"\$\{(\w+)(?::\?[^}]*)?\}", (ROOT / "docker-compose.yml").read_text()))

    assert needed - set(EXAMPLE) == set()


def test_every_secret_of_the_example_is_one_that_start_up_refuses():
    secrets = {name for name in EXAMPLE if re.search(r"PASSWORD|_KEY$", name)}

    assert {name for name in secrets if EXAMPLE[name] != "CHANGE-ME"} == set()


@pytest.mark.parametrize("name", CONTAINERS)
def test_every_container_runs_with_little(name):
    container = CONTAINERS[name]

    assert container["cap_drop"] == ["ALL"]
    assert container["security_opt"] == ["no-new-privileges:true"]
    assert container.get("read_only", False) is (name not in WRITABLE)
    assert set(container["deploy"]["resources"]["limits"]) == {"cpus", "memory"}
    assert "privileged" not in container


@pytest.mark.parametrize("name", CONTAINERS)
def test_every_image_is_pinned_by_a_tag(name):
    assert re.search(r":(\d|v\d|\$\{MANDEGAR_VERSION:-\d)", CONTAINERS[name]["image"])


@pytest.mark.parametrize("process", PROCESSES)
def test_a_process_waits_for_its_migrations_and_the_topics_and_is_asked_whether_it_is_ready(process):
    container, service = CONTAINERS[process], process.removesuffix("-worker")
    done = {"condition": "service_completed_successfully"}

    assert container["depends_on"]["topics"] == container["depends_on"][f"{service}-migrations"] == done
    assert "/readyz" in container["healthcheck"]["test"][-1]
    assert container["build"]["args"] == {"SERVICE": service}
    assert CONTAINERS[f"{service}-migrations"]["image"] == container["image"]


@pytest.mark.parametrize("service", SERVICES)
def test_a_worker_has_the_environment_of_its_web_process_and_serves_nobody(service):
    web, worker = CONTAINERS[service], CONTAINERS[f"{service}-worker"]

    assert (web["command"], worker["command"]) == (["serve", "--only", "web"], ["serve", "--only", "worker"])
    assert worker["environment"] == web["environment"]
    assert web["ports"]
    assert not worker["ports"]
    assert worker["cpu_shares"] < 1024  # what a container gets that says nothing


@pytest.mark.parametrize("service", SERVICES)
def test_no_process_has_rights_that_are_not_its_own(service):
    serving, migrating = CONTAINERS[service]["environment"], CONTAINERS[f"{service}-migrations"]["environment"]

    assert "MANDEGAR_OWNER_DATABASE_URL" not in serving
    assert set(migrating) == {"MANDEGAR_OWNER_DATABASE_URL", "MANDEGAR_ALLOW_INSECURE"}
    others = set(SERVICES) - {service}
    assert not any(f"{other}_{role}" in str(serving) for other in others for role in ("owner", "worker", "web"))


def test_only_loopback_is_published():
    published = [port for container in CONTAINERS.values() for port in container.get("ports", ())]

    assert published
    assert all(port.startswith("127.0.0.1:") for port in published)


def test_the_broker_is_the_one_that_tests_run_on():
    [listed] = (ROOT / "deploy/local/src/mandegar_local").glob("kafka-*.sha256")

    assert CONTAINERS["kafka"]["image"] == f"apache/kafka:{listed.stem.removeprefix('kafka-')}"


def test_what_the_dockerfile_copies_is_there_and_reaches_the_context():
    dockerfile = (ROOT / "deploy/docker/Dockerfile").read_text()
    let_in = [line[1:] for line in (ROOT / ".dockerignore").read_text().splitlines() if line.startswith("!")]
    for service in SERVICES:
        for copied in re.findall(r"^COPY (?!--from)(\S+)", dockerfile, re.MULTILINE):
            path = copied.replace("${SERVICE}", service)
            assert (ROOT / path).exists()
            assert path in let_in
