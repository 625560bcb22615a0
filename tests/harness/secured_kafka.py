"""Kafka over SASL_SSL with ACLs: a broker of its own, with a user per service, a shop and an operator."""

import shutil
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

from harness.certificates import Authority
from harness.servers import ROOT, free_port
from mandegar.kafka.broker import Broker, SaslMechanism
from mandegar_local.kafka import Secured, start_kafka

PASSWORD = "of-{user}-for-tests"
# Every mechanism is somebody's. The storage is formatted with the users of SCRAM, the properties have those of PLAIN.
MECHANISMS: dict[str, SaslMechanism] = {
    "admin": "PLAIN",
    "ingest": "PLAIN",
    "platform": "PLAIN",
    "notify": "SCRAM-SHA-256",
    "churn": "SCRAM-SHA-512",
    "loyalty": "SCRAM-SHA-512",
}


@dataclass(frozen=True)
class SecuredKafka:
    """A running broker; its certificate is for ``localhost``."""

    broker: Broker
    stranger: Authority

    def user(self, name: str) -> Broker:
        """The broker as a user reaches it."""
        return replace(self.broker, username=name, password=PASSWORD.format(user=name), mechanism=MECHANISMS[name])

    def environment(self, user: str) -> dict[str, str]:
        """The settings of a process of that user."""
        broker = self.user(user)
        return {
            "MANDEGAR_KAFKA_BOOTSTRAP": broker.bootstrap,
            "MANDEGAR_KAFKA_SECURITY_PROTOCOL": broker.protocol,
            "MANDEGAR_KAFKA_SASL_MECHANISM": broker.mechanism,
            "MANDEGAR_KAFKA_USERNAME": broker.username,
            "MANDEGAR_KAFKA_PASSWORD": broker.password,
            "MANDEGAR_KAFKA_CA_FILE": broker.ca_file,
        }


@contextmanager
def secured_kafka(certificates: Path) -> Iterator[SecuredKafka]:
    """A broker that forgets everything afterwards; ``certificates`` is an empty folder."""
    port, controller_port = free_port(), free_port()
    directory = ROOT / ".local" / "test" / f"kafka-{port}"
    authority = Authority(certificates)
    reached = Broker(f"localhost:{port}", protocol="SASL_SSL", ca_file=str(authority.file))
    kafka = SecuredKafka(reached, Authority(certificates, "stranger"))
    users = [user for user, mechanism in MECHANISMS.items() if mechanism == "PLAIN"]
    plain = " ".join(f'user_{user}="{PASSWORD.format(user=user)}"' for user in users)
    login = f'username="admin" password="{PASSWORD.format(user="admin")}" {plain}'
    security = "org.apache.kafka.common.security"
    properties = {
        "listeners": f"SECURED://127.0.0.1:{port},CONTROLLER://127.0.0.1:{controller_port}",
        "advertised.listeners": f"SECURED://localhost:{port}",
        "listener.security.protocol.map": "SECURED:SASL_SSL,CONTROLLER:PLAINTEXT",
        "inter.broker.listener.name": "SECURED",
        "sasl.enabled.mechanisms": "PLAIN,SCRAM-SHA-256,SCRAM-SHA-512",
        "sasl.mechanism.inter.broker.protocol": "PLAIN",
        "listener.name.secured.plain.sasl.jaas.config": f"{security}.plain.PlainLoginModule required {login};",
        "ssl.keystore.type": "PEM",
        "ssl.keystore.location": str(authority.issue("localhost").bundle),
        "ssl.truststore.type": "PEM",
        "ssl.truststore.location": str(authority.file),
        "authorizer.class.name": "org.apache.kafka.metadata.authorizer.StandardAuthorizer",
        "super.users": "User:admin;User:ANONYMOUS",  # the controller's own listener has no users
    }
    options: list[str] = []
    for user, mechanism in MECHANISMS.items():
        if mechanism != "PLAIN":
            name = mechanism.lower()
            properties[f"listener.name.secured.{name}.sasl.jaas.config"] = (
                f"{security}.scram.ScramLoginModule required;"
            )
            options += ["--add-scram", f'{mechanism}=[name="{user}",password="{PASSWORD.format(user=user)}"]']
    with ExitStack() as afterwards:
        afterwards.callback(shutil.rmtree, directory, ignore_errors=True)
        secured = Secured(kafka.user("admin"), properties, tuple(options))
        server = start_kafka(directory, port, controller_port=controller_port, secured=secured, log=lambda _: None)
        afterwards.callback(server.stop)
        yield kafka
