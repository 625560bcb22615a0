"""The file that describes an installation: what is taken from it, and what is refused before anything is reached."""

import os
from pathlib import Path

import pytest

from mandegar_local.moving.installation_file import BYTES_MAX, read_installation
from mandegar_local.stack_error import StackError

SECRET = "of-the-database-" * 3
SHARED = f"""
[all]
MANDEGAR_KAFKA_BOOTSTRAP = "kafka.example.test:9093"
MANDEGAR_KAFKA_SECURITY_PROTOCOL = "SASL_SSL"
MANDEGAR_KAFKA_USERNAME = "moving"
MANDEGAR_KAFKA_PASSWORD = "{SECRET}"
MANDEGAR_IDENTITY_KEY = "{SECRET}"
MANDEGAR_PARTITIONS = 24
MANDEGAR_TOPIC_PREFIX = "eu."
"""
SERVICES = {
    name: f'[{name}]\nMANDEGAR_WORKER_DATABASE_URL = "postgresql://{name}:{SECRET}@db.example.test/{name}?sslmode=require"\n'
    for name in ("ingest", "loyalty", "churn", "notify")
}
WHOLE = SHARED + "".join(SERVICES.values())


@pytest.fixture
def file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    for name in [name for name in os.environ if name.startswith("MANDEGAR_")]:
        monkeypatch.delenv(name)
    return tmp_path / "installation.toml"


def test_services_get_what_they_share_and_their_own_and_nothing_of_the_shell(file, monkeypatch):
    monkeypatch.setenv("MANDEGAR_WORKER_DATABASE_URL", "postgresql://elsewhere/ingest")
    monkeypatch.setenv("MANDEGAR_CLOCK", "2020-01-01T00:00:00Z")
    monkeypatch.setenv("FAILPOINT", "moving.before_commit:exit")
    before = dict(os.environ)
    file.write_text("\ufeff" + WHOLE.replace("\n", "\r\n"), encoding="utf-8")
    home = read_installation(file)

    assert dict(os.environ) == before
    assert (home.broker.bootstrap, home.broker.protocol, home.broker.password) == (
        "kafka.example.test:9093",
        "SASL_SSL",
        SECRET,
    )
    assert (home.partitions, home.prefix) == (24, "eu.")
    for service, environment in home.services.items():
        assert f"@db.example.test/{service}?" in environment["MANDEGAR_WORKER_DATABASE_URL"]
        assert environment["MANDEGAR_WEB_DATABASE_URL"] == environment["MANDEGAR_WORKER_DATABASE_URL"]
        assert environment["MANDEGAR_IDENTITY_KEY"] == SECRET
        assert environment.keys().isdisjoint({"MANDEGAR_CLOCK", "FAILPOINT"})
        assert environment["PATH"] == os.environ["PATH"]


def test_secrets_may_be_files(file, tmp_path):
    (tmp_path / "password").write_text(SECRET + "\n")
    named = f'MANDEGAR_KAFKA_PASSWORD_FILE = "{tmp_path / "password"}"'
    file.write_text(WHOLE.replace(f'MANDEGAR_KAFKA_PASSWORD = "{SECRET}"', named))
    assert read_installation(file).broker.password == SECRET


@pytest.mark.parametrize(
    ("content", "why"),
    [
        ("[all", "is not TOML"),
        (WHOLE.encode("utf-16"), "is not TOML: it is not UTF-8 text"),
        ("x" * (BYTES_MAX + 1), "is larger than a file of settings"),
        ("a" + "[" * 5000, "is not TOML"),
        (WHOLE + "[ingset]\n", "has 'ingset'; what it may have is [all], [ingest]"),
        ("all = 3\n" + "".join(SERVICES.values()), "all must be a table"),
        (WHOLE + 'KAFKA_BOOTSTRAP = "a:1"\n', "'KAFKA_BOOTSTRAP' in [notify] is no setting"),
        (WHOLE + "MANDEGAR_LANES = true\n", "MANDEGAR_LANES in [notify] must be a text or a number"),
        (WHOLE + 'MANDEGAR_INSTANCE = "a\\u0000b"\n', "MANDEGAR_INSTANCE in [notify] must be a text or a number"),
        (WHOLE.replace(SERVICES["churn"], ""), "[churn] needs MANDEGAR_WORKER_DATABASE_URL"),
        (WHOLE.replace("/churn?", "/loyalty?").replace("/churn:", "/loyalty:"), "two services have the same"),
        (WHOLE.replace("24", "0"), "MANDEGAR_PARTITIONS must be at least 1"),
        (WHOLE.replace("SASL_SSL", "PLAINTEXT"), "Kafka is reached without encryption"),
        (WHOLE.replace("MANDEGAR_KAFKA_BOOTSTRAP", "MANDEGAR_KAFKA_BOOTSTRAPS"), "MANDEGAR_KAFKA_BOOTSTRAP is not set"),
    ],
)
def test_what_is_no_description_is_refused_in_a_sentence_without_its_secrets(file, content, why):
    file.write_bytes(content if isinstance(content, bytes) else content.encode())
    with pytest.raises(StackError) as raised:
        read_installation(file)
    text = str(raised.value)
    assert why in text
    assert SECRET not in text
    assert "\n" not in text


def test_a_file_that_is_not_there_is_named(file):
    with pytest.raises(StackError, match=r"installation\.toml cannot be read: No such file"):
        read_installation(file)
