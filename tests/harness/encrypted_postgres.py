"""PostgreSQL that is reached over TLS alone: a server of the machine, if one was built with TLS; else `tls_front`."""

import asyncio
import os
import shutil
import signal
import subprocess
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path

import asyncpg

from harness.certificates import Certificate
from harness.servers import free_port
from mandegar_local.accounts import unprivileged_user
from mandegar_local.children import start_child

_HAS_TLS = "--with-openssl", "--with-ssl=openssl"


def binaries_with_tls() -> Path | None:
    """The folder of a PostgreSQL of this machine that was built with TLS."""
    for folder in sorted(Path("/usr/lib/postgresql").glob("*/bin"), reverse=True):
        with suppress(OSError, subprocess.CalledProcessError):
            options = subprocess.run([folder / "pg_config", "--configure"], capture_output=True, text=True, check=True)
            if any(option in options.stdout for option in _HAS_TLS):
                return folder
    return None


@contextmanager
def encrypted_server(binaries: Path, certificate: Certificate) -> Iterator[str]:
    """The URL of a superuser, for ``sslmode=require`` and stricter."""
    port, user = free_port(), unprivileged_user()
    home = Path(f"/var/tmp/mandegar-tls-{os.getpid()}-{port}")  # noqa: S108  the server's account must reach it
    with ExitStack() as afterwards:
        afterwards.callback(shutil.rmtree, home, ignore_errors=True)
        home.mkdir(mode=0o711)
        data = home / "data"
        (home / "password").write_text("superuser")
        for name, source in (("certificate", certificate.certificate), ("key", certificate.key)):
            shutil.copyfile(source, home / name)
            (home / name).chmod(0o600)
        data.mkdir(mode=0o700)
        account = {"user": user.uid, "group": user.gid, "extra_groups": []} if user else {}
        for path in (data, *home.glob("*")):
            if user:
                os.chown(path, user.uid, user.gid)
        initdb = [binaries / "initdb", "-D", data, "-U", "postgres", "--auth=scram-sha-256", "--no-sync", "--locale=C"]
        subprocess.run(
            [*initdb, "--encoding=UTF8", f"--pwfile={home / 'password'}"],
            cwd="/", capture_output=True, check=True, **account,
        )  # fmt: skip
        (data / "pg_hba.conf").write_text("hostssl all all 127.0.0.1/32 scram-sha-256\n")
        settings = (
            f"port={port}", "listen_addresses=127.0.0.1", "unix_socket_directories=", "fsync=off", "ssl=on",
            f"ssl_cert_file={home / 'certificate'}", f"ssl_key_file={home / 'key'}",
        )  # fmt: skip
        child = start_child(
            [binaries / "postgres", "-D", data, *(part for setting in settings for part in ("-c", setting))],
            pid_file=home / "pid",
            log_file=home / "log",
            user=user,
            stop_signal=signal.SIGINT,
        )
        afterwards.callback(child.stop)
        url = f"postgresql://postgres:superuser@127.0.0.1:{port}/postgres"
        while not asyncio.run(_answers(f"{url}?sslmode=require")):
            assert child.exit_code is None, (home / "log").read_text()
        yield url


async def _answers(url: str) -> bool:
    """Whether the server takes connections; while it starts, it listens and refuses them."""
    try:
        connection = await asyncpg.connect(url, timeout=5)
    except (OSError, TimeoutError, asyncpg.CannotConnectNowError):
        await asyncio.sleep(0.05)
        return False
    await connection.close()
    return True
