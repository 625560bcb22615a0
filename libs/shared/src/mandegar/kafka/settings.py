"""How a process reaches Kafka."""

from collections.abc import Iterator

from pydantic import Field, SecretStr

from mandegar.environment import Environment, Insecure
from mandegar.kafka.broker import Broker, SaslMechanism, SecurityProtocol


class KafkaSettings(Environment):
    """The brokers, the encryption of the connection to them, and the user who connects."""

    kafka_bootstrap: str
    kafka_security_protocol: SecurityProtocol = "PLAINTEXT"
    kafka_sasl_mechanism: SaslMechanism = "SCRAM-SHA-512"
    kafka_username: str = ""
    kafka_password: SecretStr = SecretStr("")
    kafka_ca_file: str = Field(
        default="", description="PEM file of the authorities that may issue a broker's certificate; empty: the system's"
    )
    kafka_certificate_file: str = Field(default="", description="PEM file of the client's certificate, if brokers ask")
    kafka_certificate_key_file: str = Field(default="", description="PEM file of the key of the client's certificate")

    @property
    def broker(self) -> Broker:
        """The brokers, as clients are made for them."""
        return Broker(
            bootstrap=self.kafka_bootstrap,
            protocol=self.kafka_security_protocol,
            mechanism=self.kafka_sasl_mechanism,
            username=self.kafka_username,
            password=self.kafka_password.get_secret_value(),
            ca_file=self.kafka_ca_file,
            certificate_file=self.kafka_certificate_file,
            key_file=self.kafka_certificate_key_file,
        )

    def faults(self) -> Iterator[str]:
        """Beside the others, a user without a name or password, and certificates that cannot be read."""
        yield from super().faults()
        broker = self.broker
        if broker.authenticated and not (broker.username and broker.password):
            yield f"MANDEGAR_KAFKA_SECURITY_PROTOCOL={broker.protocol} needs MANDEGAR_KAFKA_USERNAME and …_PASSWORD."
        try:
            broker.options()
        except OSError as error:
            yield f"A file of MANDEGAR_KAFKA_CA_FILE or …_CERTIFICATE_FILE cannot be used ({error.strerror})."

    def insecurities(self) -> Iterator[tuple[Insecure, str]]:
        """Beside the others, connections to Kafka that are not encrypted."""
        yield from super().insecurities()
        if not self.broker.encrypted:
            yield "kafka", "Kafka is reached without encryption: set MANDEGAR_KAFKA_SECURITY_PROTOCOL=SASL_SSL"
