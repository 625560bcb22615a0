"""Set-up downloads from a server whose authority only the system's certificate store has."""

import os
import ssl
import subprocess
import sys
import threading
import zipfile
from collections.abc import Iterator
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from harness.certificates import Authority
from harness.servers import free_port
from mandegar_local.certificates import for_pip, for_requests, for_uv, trusted_bundle
from mandegar_local.set_up import Failed, run_step

UV = str(Path(sys.executable).with_name("uv"))
# What a user, or this machine, has set for one of the clients.
SETTINGS = (
    "PIP_",
    "UV_",
    "SSL_CERT",
    "REQUESTS_CA",
    "CURL_CA",
    "HTTP_PROXY",
    "HTTPS_PROXY",
    "http_proxy",
    "https_proxy",
)
_METADATA = "Metadata-Version: 2.1\nName: probe\nVersion: 1.0\n"
_WHEEL = "Wheel-Version: 1.0\nGenerator: tests\nRoot-Is-Purelib: true\nTag: py3-none-any\n"


@pytest.fixture
def authority(tmp_path: Path) -> Authority:
    return Authority(tmp_path)


@pytest.fixture
def registry(tmp_path: Path, authority: Authority) -> Iterator[str]:
    """The address of an index with one wheel, over TLS."""
    pages = tmp_path / "pages" / "simple" / "probe"
    pages.mkdir(parents=True)
    with zipfile.ZipFile(pages / "probe-1.0-py3-none-any.whl", "w") as wheel:
        for name, text in (("METADATA", _METADATA), ("WHEEL", _WHEEL), ("RECORD", "")):
            wheel.writestr(f"probe-1.0.dist-info/{name}", text)
    (pages / "index.html").write_text('<a href="probe-1.0-py3-none-any.whl">probe-1.0-py3-none-any.whl</a>')
    issued = authority.issue("127.0.0.1")
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(issued.certificate, issued.key)
    quiet = type("Quiet", (SimpleHTTPRequestHandler,), {"log_message": lambda *_: None})
    with ThreadingHTTPServer(("127.0.0.1", 0), partial(quiet, directory=str(tmp_path / "pages"))) as server:
        server.socket = context.wrap_socket(server.socket, server_side=True)
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"https://127.0.0.1:{server.server_port}"
        server.shutdown()


@pytest.fixture(autouse=True)
def nothing_set(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """The environment of a user who has set nothing, in an empty home."""
    for name in [name for name in os.environ if name.startswith(SETTINGS)]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("PIP_CONFIG_FILE", os.devnull)
    monkeypatch.setenv("HOME", str(tmp_path))


def pip(registry: str, target: Path) -> list[str]:
    options = ["--no-cache-dir", "--no-deps", "--target", str(target), "-i", f"{registry}/simple"]
    return [sys.executable, "-m", "pip", "install", *options, "--retries", "1", "probe"]


def uv(registry: str, target: Path) -> list[str]:
    options = ["--no-cache", "--no-config", "--no-deps", "--target", str(target), "-i", f"{registry}/simple"]
    return [UV, "pip", "install", *options, "probe"]


CLIENTS = pytest.mark.parametrize(("client", "variables"), [(pip, for_pip), (uv, for_uv)], ids=["pip", "uv"])


@CLIENTS
def test_an_authority_of_the_system_store_is_trusted(client, variables, registry, authority, tmp_path):
    bundle = trusted_bundle(os.environ, system=(str(authority.file),))
    run_step(client(registry, tmp_path / "target"), variables(bundle, os.environ), "The dependencies", bundle)
    assert (tmp_path / "target" / "probe-1.0.dist-info").is_dir()


@CLIENTS
def test_another_authority_is_refused_in_one_sentence(client, variables, registry, tmp_path):
    other = Authority(tmp_path, "other").file
    with pytest.raises(Failed) as refused:
        run_step(client(registry, tmp_path / "t"), variables(str(other), os.environ), "The dependencies", str(other))
    (sentence,) = str(refused.value).splitlines()
    assert str(other) in sentence
    assert "SSL_CERT_FILE" in sentence


@CLIENTS
@pytest.mark.parametrize("name", ["SSL_CERT_FILE", "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE", "PIP_CERT"])
def test_one_variable_of_the_user_is_enough_for_all(
    client, variables, name, registry, authority, tmp_path, monkeypatch
):
    monkeypatch.setenv(name, str(authority.file))
    bundle = trusted_bundle(os.environ)
    run_step(client(registry, tmp_path / "target"), variables(bundle, os.environ), "The dependencies", bundle)
    assert (tmp_path / "target" / "probe-1.0.dist-info").is_dir()


@CLIENTS
@pytest.mark.parametrize(
    "fault", ["cannot be reached", "proxy does not answer", "does not have a file", "committed hash"]
)
def test_each_failure_is_one_sentence(client, variables, fault, registry, authority, tmp_path, monkeypatch):
    if "proxy" in fault:
        monkeypatch.setenv("HTTPS_PROXY", f"http://127.0.0.1:{free_port()}")
    address = f"https://127.0.0.1:{free_port()}" if fault == "cannot be reached" else registry
    command = client(address, tmp_path / "target")
    if fault == "does not have a file":
        command[-1] = "no-such-package"
    if fault == "committed hash":
        lock = tmp_path / "lock"
        lock.write_text(f"probe==1.0 --hash=sha256:{'0' * 64}\n")
        command[-1:] = ["--require-hashes", "-r", str(lock)]

    with pytest.raises(Failed) as failed:
        run_step(command, variables(str(authority.file), os.environ), "The dependencies", str(authority.file))
    (sentence,) = str(failed.value).splitlines()
    assert sentence.startswith("The dependencies could not be downloaded:")
    assert fault in sentence


def jars(registry: str, tmp_path: Path, **variables: str) -> str:
    """What the download of the jars says of a repository without them: it has been asked, or it has not."""
    script = (
        "from mandegar_local import jars, certificates; jars._ATTEMPTS = 1\n"
        "from mandegar_local.stack_error import StackError\n"
        "try: jars.kafka_jars(lambda _: None)\nexcept StackError as error: print(error)"
    )
    environment = {**os.environ, "MANDEGAR_CACHE": str(tmp_path / "cache"), "MANDEGAR_MAVEN_URL": registry, **variables}
    done = subprocess.run([sys.executable, "-c", script], env=environment, capture_output=True, text=True, check=True)
    return done.stdout.strip()


def test_the_client_of_the_jars_trusts_the_same_bundle(registry, authority, tmp_path):
    variables = for_requests(str(authority.file), os.environ)
    assert "does not have a file" in jars(registry, tmp_path, **variables)
    refused = jars(registry, tmp_path)
    assert "from no authority in" in refused
    assert len(refused.splitlines()) == 1
    assert "does not have a file" in jars(registry, tmp_path, SSL_CERT_FILE=str(authority.file))
