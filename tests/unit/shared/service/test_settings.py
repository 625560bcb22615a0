"""Settings: read from the environment, and start-up refuses what cannot work or what everybody knows."""

import pytest
from pydantic import ValidationError

from mandegar.service.settings import MigrationSettings, ServiceSettings

KEY = "k9vXo2Qm7Lw4Rt8Ys1Za5Bc3Nd6Ef0Gh"
PASSWORD = "hunter2-of-the-database"
GOOD = {
    "KAFKA_BOOTSTRAP": "127.0.0.1:9092",
    "KAFKA_SECURITY_PROTOCOL": "SASL_SSL",
    "KAFKA_USERNAME": "loyalty",
    "KAFKA_PASSWORD": PASSWORD,
    "WORKER_DATABASE_URL": f"postgresql://loyalty_worker:{PASSWORD}@127.0.0.1/loyalty?sslmode=verify-full",
    "WEB_DATABASE_URL": f"postgresql://loyalty_web:{PASSWORD}@127.0.0.1/loyalty?sslmode=verify-full",
    "HTTP_PORT": "8002",
    "PUBLIC_URL": "https://loyalty.example.test",
    "IDENTITY_KEY": KEY,
}


@pytest.fixture
def read(monkeypatch):
    """Settings as read from an environment that holds ``GOOD`` and the changes; ``None`` takes one away."""

    def settings(**changes):
        for name, value in (GOOD | changes).items():
            if value is None:
                monkeypatch.delenv(f"MANDEGAR_{name}", raising=False)
            else:
                monkeypatch.setenv(f"MANDEGAR_{name}", value)
        return ServiceSettings()

    return settings


def test_what_is_not_said_is_production_with_every_part_on_loopback(read):
    settings = read()

    assert settings.environment == "production"
    assert (settings.http_host, settings.partitions, settings.instance) == ("127.0.0.1", 12, "0")


def test_no_proxy_is_trusted_unless_it_is_named(read):
    assert read().trusted_proxies == ()
    assert read(TRUSTED_PROXIES="").trusted_proxies == ()
    networks = read(TRUSTED_PROXIES="10.0.0.0/8, 2001:db8::/48,192.0.2.1").trusted_proxies
    assert [str(network) for network in networks] == ["10.0.0.0/8", "2001:db8::/48", "192.0.2.1/32"]


@pytest.mark.parametrize("networks", ["*", "proxy.internal", "10.0.0.1/8", "10.0.0.0/8;10.1.0.0/16"])
def test_what_is_no_network_is_refused_as_a_trusted_proxy(read, networks):
    with pytest.raises(ValidationError, match="trusted_proxies"):
        read(TRUSTED_PROXIES=networks)


@pytest.mark.parametrize(
    "name", ["KAFKA_BOOTSTRAP", "WORKER_DATABASE_URL", "WEB_DATABASE_URL", "HTTP_PORT", "IDENTITY_KEY"]
)
def test_what_has_no_default_must_be_said(read, name):
    with pytest.raises(ValidationError, match=name.lower()):
        read(**{name: None})


@pytest.mark.parametrize("key", ["", "secret", "mandegar", "local", "x" * 31])
def test_production_refuses_an_identity_key_that_is_too_short(read, key):
    with pytest.raises(ValidationError, match="MANDEGAR_IDENTITY_KEY"):
        read(IDENTITY_KEY=key)


@pytest.mark.parametrize("name", ["IDENTITY_KEY", "WORKER_DATABASE_URL", "WEB_DATABASE_URL"])
@pytest.mark.parametrize("placeholder", ["CHANGE-ME", "change-me"])
def test_production_refuses_every_secret_that_still_reads_as_the_example_does(read, name, placeholder):
    with pytest.raises(ValidationError, match=f"MANDEGAR_{name} still has the example"):
        read(**{name: f"postgresql://role:{placeholder}-and-more-to-be-long-enough@host/db"})


def test_production_refuses_a_failpoint(read, monkeypatch):
    monkeypatch.setenv("FAILPOINT", "batch.after_commit:exit")
    with pytest.raises(ValidationError, match="FAILPOINT is for tests"):
        read()


def test_migrations_refuse_the_examples_password(monkeypatch):
    monkeypatch.setenv("MANDEGAR_OWNER_DATABASE_URL", "postgresql://o:CHANGE-ME@host/db")

    with pytest.raises(ValidationError, match="MANDEGAR_OWNER_DATABASE_URL still has the example"):
        MigrationSettings()


def test_the_local_stack_may_use_any_secret(read):
    assert read(ENVIRONMENT="local", IDENTITY_KEY="change-me").environment == "local"


@pytest.mark.parametrize("wrong", [{"IDENTITY_KEY": "short"}, {"HTTP_PORT": "70000"}, {"LOG_LEVEL": "loud"}])
def test_a_refusal_shows_no_secret(read, wrong):
    with pytest.raises(ValidationError) as refusal:
        read(**wrong)

    for secret in (PASSWORD, KEY, "short"):
        assert secret not in str(refusal.value)


def test_no_representation_shows_a_secret(read):
    assert PASSWORD not in repr(read())
    assert KEY not in str(read())


@pytest.mark.parametrize(
    ("name", "value"), [("HTTP_PORT", "0"), ("PARTITIONS", "0"), ("LANES", "17"), ("ENVIRONMENT", "dev")]
)
def test_what_is_out_of_bounds_is_refused(read, name, value):
    with pytest.raises(ValidationError, match=name.lower()):
        read(**{name: value})


@pytest.mark.parametrize(
    ("places", "why"),
    [
        ({"JWKS": '{"keys": []}', "JWKS_FILE": "/keys"}, "Set one of MANDEGAR_JWKS"),
        ({"JWKS_URL": "https://keys.example", "JWKS_FILE": "/keys"}, "Set one of MANDEGAR_JWKS"),
        ({"JWKS_URL": "http://keys.example"}, "must begin with https"),
        ({"JWKS_URL": "http://127.0.0.1:80/keys"}, "must begin with https"),
        ({"JWKS_URL": "file:///keys"}, "must begin with https"),
    ],
)
def test_keys_have_one_place_that_nobody_on_the_way_can_replace(read, places, why):
    with pytest.raises(ValidationError, match=why):
        read(**places)


def test_a_public_address_that_no_header_can_carry_is_refused(read):
    with pytest.raises(ValidationError, match="punycode"):
        read(PUBLIC_URL="https://ماندگار.example")


def test_reads_go_to_the_primary_unless_a_replica_is_named(read):
    assert read().read_database_url.get_secret_value() == ""
    assert read(READ_DATABASE_URL="").read_database_url.get_secret_value() == ""


@pytest.mark.parametrize(
    "url",
    [
        "postgresql://w:p@one.example.test,two.example.test/loyalty?sslmode=verify-full",
        "postgresql:///loyalty?host=one.example.test,two.example.test&sslmode=verify-full",
    ],
)
def test_a_read_replica_is_one_server(read, url):
    with pytest.raises(ValidationError, match="must name one server"):
        read(READ_DATABASE_URL=url)


def test_the_password_of_a_read_replica_is_shown_nowhere(read):
    secret = "hunter3-of-the-replica"
    settings = read(READ_DATABASE_URL=f"postgresql://w:{secret}@db.example.test/loyalty?sslmode=verify-full")

    assert secret not in f"{settings!r}{settings.model_dump_json()}"


def test_a_setting_that_chose_parts_is_refused_with_what_replaces_it(read, monkeypatch):
    monkeypatch.setenv("MANDEGAR_PARTS", "http")

    with pytest.raises(ValidationError, match=r"MANDEGAR_PARTS is gone.*serve --only web"):
        read()
