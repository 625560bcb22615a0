"""Production refuses what is not encrypted, and a clock that is set, unless it is allowed in words."""

import pytest

from mandegar.environment import RefusedSettings, read_settings
from mandegar.kafka.create_topics import TopicSettings
from mandegar.service.settings import MigrationSettings, ServiceSettings
from notify.settings import NotifySettings

KEY = "k9vXo2Qm7Lw4Rt8Ys1Za5Bc3Nd6Ef0Gh"
SECURE = {
    "KAFKA_BOOTSTRAP": "kafka.example.test:9093",
    "KAFKA_SECURITY_PROTOCOL": "SASL_SSL",
    "KAFKA_USERNAME": "notify",
    "KAFKA_PASSWORD": "hunter2",
    "WORKER_DATABASE_URL": "postgresql://w:p@db.example.test/notify?sslmode=verify-full",
    "WEB_DATABASE_URL": "postgresql://w:p@db.example.test/notify?sslmode=verify-full",
    "OWNER_DATABASE_URL": "postgresql://o:p@db.example.test/notify?sslmode=verify-full",
    "HTTP_PORT": "8004",
    "PUBLIC_URL": "https://notify.example.test",
    "IDENTITY_KEY": KEY,
    "SMTP_URL": "smtp+starttls://u:p@mail.example.test:587",
    "SMS_URL": "https://sms.example.test",
    "SMS_API_KEY": "a key",
}
# What may be allowed, the setting that is insecure, and its values.
INSECURE = [
    ("kafka", "KAFKA_SECURITY_PROTOCOL", "PLAINTEXT"),
    ("kafka", "KAFKA_SECURITY_PROTOCOL", "SASL_PLAINTEXT"),
    ("smtp", "SMTP_URL", "smtp://mail.example.test:25"),
    ("sms", "SMS_URL", "http://sms.example.test"),
    ("sms", "SMS_URL", ""),
    ("public_url", "PUBLIC_URL", ""),
    ("public_url", "PUBLIC_URL", "http://notify.example.test"),
    ("public_url", "PUBLIC_URL", "https.example.test"),
    ("clock", "CLOCK", "2026-11-22T08:30:00Z@1795336200.0"),
    *(
        ("postgresql", setting, url)
        for setting in ("WORKER_DATABASE_URL", "WEB_DATABASE_URL", "READ_DATABASE_URL")
        for url in (
            "postgresql://w:p@db.example.test/notify",
            "postgresql://w:p@db.example.test/notify?sslmode=prefer",
            "postgresql://w:p@db.example.test/notify?sslmode=disable",
            "postgresql://w:p@db.example.test/notify?sslmode=verify-full&sslmode=disable",
            "postgresql://w:p@db.example.test/notify?sslmode=allow&x=sslmode%3Dverify-full",
            "postgresql://w:p@db.example.test/notify?host=/run/postgresql",
            "postgresql://w:p@%2Frun%2Fpostgresql,db.example.test/notify",
            "postgresql://w:p@x@%2Frun%2Fpostgresql/notify",
            "postgresql:///notify?host=/run/postgresql,db.example.test",
            "postgresql:///notify",
        )
        if not (setting == "READ_DATABASE_URL" and "," in url)  # refused for that
    ),
]


@pytest.fixture
def read(monkeypatch):
    def settings(kind=NotifySettings, **changes):
        for name, value in (SECURE | changes).items():
            monkeypatch.setenv(f"MANDEGAR_{name}", value)
        return read_settings(kind)

    return settings


def test_production_starts_where_everything_is_encrypted(read):
    assert read().environment == "production"


@pytest.mark.parametrize(("what", "name", "value"), INSECURE)
def test_production_refuses_what_is_insecure_and_says_how_to_allow_it(read, what, name, value):
    with pytest.raises(RefusedSettings) as refusal:
        read(**{name: value})

    [sentence] = str(refusal.value).splitlines()
    assert sentence.endswith(f"add {what} to MANDEGAR_ALLOW_INSECURE.")
    assert not value or value not in sentence


@pytest.mark.parametrize(("what", "name", "value"), INSECURE)
def test_what_is_allowed_in_words_starts_and_nothing_else_does(read, what, name, value):
    others = {"kafka", "postgresql", "smtp", "sms", "public_url", "clock"} - {what}

    read(**{name: value, "ALLOW_INSECURE": what})
    with pytest.raises(RefusedSettings):
        read(**{name: value, "ALLOW_INSECURE": ", ".join(others)})


@pytest.mark.parametrize(("what", "name", "value"), INSECURE)
def test_the_local_stack_may_be_insecure(read, what, name, value):
    read(**{name: value, "ENVIRONMENT": "local"})


@pytest.mark.parametrize("mode", ["verify-full", "verify-ca", "require"])
def test_a_database_is_reached_with_any_mode_that_never_falls_back(read, mode):
    read(WORKER_DATABASE_URL=f"postgresql://w:p@db.example.test/notify?sslmode={mode}")


@pytest.mark.parametrize("url", ["postgresql://w:p@%2Frun%2Fpg/notify", "postgresql:///notify?host=/run/pg"])
def test_a_socket_of_this_machine_needs_no_encryption(read, url):
    read(WORKER_DATABASE_URL=url)


def test_every_command_refuses_what_it_would_reach_without_encryption(read):
    with pytest.raises(RefusedSettings, match="add kafka"):
        read(TopicSettings, KAFKA_SECURITY_PROTOCOL="PLAINTEXT")
    with pytest.raises(RefusedSettings, match="add postgresql"):
        read(MigrationSettings, OWNER_DATABASE_URL="postgresql://o:p@db.example.test/notify")
    with pytest.raises(RefusedSettings, match="add kafka"):
        read(ServiceSettings, KAFKA_SECURITY_PROTOCOL="PLAINTEXT")


def test_everything_that_is_wrong_is_said_at_once(read):
    with pytest.raises(RefusedSettings) as refusal:
        read(KAFKA_SECURITY_PROTOCOL="PLAINTEXT", PUBLIC_URL="", SMTP_URL="smtp://m", IDENTITY_KEY="x")

    assert len(str(refusal.value).splitlines()) == 4


@pytest.mark.parametrize("missing", ["KAFKA_USERNAME", "KAFKA_PASSWORD"])
@pytest.mark.parametrize("environment", ["local", "production"])
def test_a_protocol_with_passwords_needs_a_user_and_a_password(read, missing, environment):
    with pytest.raises(RefusedSettings, match="needs MANDEGAR_KAFKA_USERNAME"):
        read(**{missing: "", "ENVIRONMENT": environment})


@pytest.mark.parametrize("content", [None, "", "no certificate"])
def test_authorities_that_cannot_be_read_are_refused(read, tmp_path, content):
    path = tmp_path / "ca.pem"
    if content is not None:
        path.write_text(content)

    with pytest.raises(RefusedSettings, match="MANDEGAR_KAFKA_CA_FILE"):
        read(KAFKA_CA_FILE=str(path))


@pytest.mark.parametrize("key", ["x", "short", "y" * 31, f"{'y' * 32},x", f"x\n{'y' * 32}"])
def test_production_refuses_an_unsubscribe_key_that_could_be_guessed(read, key):
    with pytest.raises(RefusedSettings, match="MANDEGAR_UNSUBSCRIBE_KEY needs at least 32"):
        read(UNSUBSCRIBE_KEY=key)
