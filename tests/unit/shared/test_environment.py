"""Settings from the environment: secrets from files, and refusals that a person can act on."""

import subprocess
import sys

import pytest
from pydantic import SecretStr

from ingest.settings import IngestSettings
from mandegar.environment import RefusedSettings, read_settings
from mandegar.kafka.create_topics import TopicSettings
from mandegar.service.settings import MigrationSettings, ServiceSettings
from notify.settings import NotifySettings

SECRETS = [
    (kind, name)
    for kind in (NotifySettings, MigrationSettings, TopicSettings)
    for name, field in kind.model_fields.items()
    if field.annotation is SecretStr
]
VALUE = "a secret of more than thirty-two characters"
GOOD = {
    "ENVIRONMENT": "local",
    "KAFKA_BOOTSTRAP": "127.0.0.1:9092",
    "WORKER_DATABASE_URL": VALUE,
    "WEB_DATABASE_URL": VALUE,
    "OWNER_DATABASE_URL": VALUE,
    "HTTP_PORT": "8004",
    "IDENTITY_KEY": VALUE,
    "SMTP_URL": "smtp://127.0.0.1:25",
    "SMS_URL": "http://127.0.0.1",
    "SMS_API_KEY": VALUE,
}


@pytest.fixture
def read(monkeypatch):
    """Settings as read from an environment that holds ``GOOD`` and the changes; ``None`` takes one away."""

    def settings(kind, **changes):
        for name, value in (GOOD | changes).items():
            if value is None:
                monkeypatch.delenv(f"MANDEGAR_{name}", raising=False)
            else:
                monkeypatch.setenv(f"MANDEGAR_{name}", str(value))
        return read_settings(kind)

    return settings


def refusal(read, kind, **changes) -> str:
    with pytest.raises(RefusedSettings) as refused:
        read(kind, **changes)
    [sentence] = str(refused.value).splitlines()
    return sentence


@pytest.mark.parametrize(("kind", "name"), SECRETS)
@pytest.mark.parametrize("ending", ["", "\n", "\r\n"])
def test_every_secret_may_be_in_a_file(read, tmp_path, kind, name, ending):
    (tmp_path / "secret").write_bytes(f"{VALUE}-of-a-file{ending}".encode())

    settings = read(kind, **{name.upper(): None, f"{name.upper()}_FILE": tmp_path / "secret"})

    assert getattr(settings, name).get_secret_value() == f"{VALUE}-of-a-file"


@pytest.mark.parametrize(("kind", "name"), SECRETS)
@pytest.mark.parametrize("content", [b"", b"\n", b"  \r\n", b"\xff\xfe\x00", b"x" * 70_000, None])
def test_a_file_that_holds_no_secret_is_refused_in_one_sentence(read, tmp_path, kind, name, content):
    if content is not None:
        (tmp_path / "secret").write_bytes(content)

    said = refusal(read, kind, **{name.upper(): None, f"{name.upper()}_FILE": tmp_path / "secret"})

    assert said.startswith(f"MANDEGAR_{name.upper()}: the file that MANDEGAR_{name.upper()}_FILE names ")
    assert said.endswith(".")


@pytest.mark.parametrize("path", ["{}", "{}/nowhere/secret", "/dev/zero", "/proc/self/mem"])
def test_a_path_that_is_no_readable_file_is_refused(read, tmp_path, path):
    said = refusal(read, MigrationSettings, OWNER_DATABASE_URL=None, OWNER_DATABASE_URL_FILE=path.format(tmp_path))

    assert "MANDEGAR_OWNER_DATABASE_URL_FILE" in said


@pytest.mark.parametrize(("kind", "name"), SECRETS)
def test_a_secret_that_is_given_twice_is_refused(read, tmp_path, kind, name):
    (tmp_path / "secret").write_text("from a file")
    variable = f"MANDEGAR_{name.upper()}"

    said = refusal(read, kind, **{name.upper(): VALUE, f"{name.upper()}_FILE": tmp_path / "secret"})

    assert said == f"{variable}: set {variable} or {variable}_FILE, not both."


def test_what_is_no_secret_is_not_read_from_a_file(read, tmp_path):
    (tmp_path / "bootstrap").write_text("kafka:9092")

    said = refusal(read, TopicSettings, KAFKA_BOOTSTRAP=None, KAFKA_BOOTSTRAP_FILE=tmp_path / "bootstrap")

    assert said == "MANDEGAR_KAFKA_BOOTSTRAP is not set."


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"KAFKA_BOOTSTRAP": None}, "MANDEGAR_KAFKA_BOOTSTRAP is not set."),
        ({"IDENTITY_KEY": None}, "MANDEGAR_IDENTITY_KEY is not set, nor is MANDEGAR_IDENTITY_KEY_FILE."),
        ({"HTTP_PORT": "many"}, "MANDEGAR_HTTP_PORT must be a whole number."),
        ({"HTTP_PORT": "0"}, "MANDEGAR_HTTP_PORT must be at least 1."),
        ({"HTTP_PORT": "70000"}, "MANDEGAR_HTTP_PORT must be at most 65535."),
        ({"BRAKE_SHARE": "x"}, "MANDEGAR_BRAKE_SHARE must be a number."),
        ({"BRAKE_SHARE": "0"}, "MANDEGAR_BRAKE_SHARE must be more than 0.0."),
        ({"ENVIRONMENT": "dev"}, "MANDEGAR_ENVIRONMENT must be 'local' or 'production'."),
        (
            {"ALLOW_INSECURE": "everything"},
            "MANDEGAR_ALLOW_INSECURE must be 'kafka', 'postgresql', 'smtp', 'sms', 'public_url' or 'clock'.",
        ),
        ({"QUIET_HOURS": "never"}, "MANDEGAR_QUIET_HOURS: quiet hours look like 21:00-09:00."),
    ],
)
def test_a_setting_is_refused_by_its_name_and_a_sentence(read, changes, sentence):
    assert refusal(read, NotifySettings, **changes) == sentence


def test_each_setting_that_is_missing_has_its_sentence(read):
    with pytest.raises(RefusedSettings) as refused:
        read(IngestSettings, KAFKA_BOOTSTRAP=None, WEB_DATABASE_URL=None, HTTP_PORT="none", PARTITIONS="0")

    assert [sentence.split()[0] for sentence in str(refused.value).splitlines()] == [
        "MANDEGAR_KAFKA_BOOTSTRAP",
        "MANDEGAR_WEB_DATABASE_URL",
        "MANDEGAR_HTTP_PORT",
        "MANDEGAR_PARTITIONS",
    ]


@pytest.mark.parametrize("value", ["hunter2", "x" * 40, "{[", "postgresql://o:hunter2@h/d"])
@pytest.mark.parametrize("name", GOOD)
def test_no_refusal_shows_a_value(read, name, value):
    with pytest.raises(RefusedSettings) as refused:
        read(NotifySettings, **{"ENVIRONMENT": "production", name: value, "PARTITIONS": "none"})

    assert value not in str(refused.value)
    assert refused.value.__suppress_context__


@pytest.mark.parametrize(
    "command",
    [["loyalty", "serve"], ["loyalty", "check"], ["loyalty", "migrate"], ["mandegar.kafka.create_topics"]],
)
def test_a_process_that_does_not_start_says_why_in_sentences_and_nothing_else(command):
    done = subprocess.run([sys.executable, "-m", *command], env={}, capture_output=True, text=True, check=False)

    assert done.returncode == 1
    assert done.stdout == ""
    assert done.stderr
    for line in done.stderr.splitlines():
        assert line.startswith("MANDEGAR_")
        assert line.endswith(".")


def test_services_and_their_commands_read_the_same_settings():
    assert issubclass(ServiceSettings, TopicSettings.__mro__[1])
