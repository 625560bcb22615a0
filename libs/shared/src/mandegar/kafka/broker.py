"""A Kafka cluster as a client meets it: its addresses, the encryption of the connection, and the client's identity."""

import ssl
from dataclasses import dataclass, field
from typing import Any, Literal

SecurityProtocol = Literal["PLAINTEXT", "SSL", "SASL_PLAINTEXT", "SASL_SSL"]
SaslMechanism = Literal["PLAIN", "SCRAM-SHA-256", "SCRAM-SHA-512"]


@dataclass(frozen=True, slots=True)
class Broker:
    """Where the brokers are and how to connect to them.

    With ``SSL`` and ``SASL_SSL`` a broker must present a certificate for the host name that it was reached by, issued
    by an authority in ``ca_file`` (empty: one that the system trusts). ``certificate_file`` and ``key_file`` hold the
    client's own certificate, for brokers that ask for one.
    """

    bootstrap: str
    protocol: SecurityProtocol = "PLAINTEXT"
    mechanism: SaslMechanism = "SCRAM-SHA-512"
    username: str = ""
    password: str = field(default="", repr=False)
    ca_file: str = ""
    certificate_file: str = ""
    key_file: str = ""

    @property
    def encrypted(self) -> bool:
        return self.protocol in ("SSL", "SASL_SSL")

    @property
    def authenticated(self) -> bool:
        """Whether the client proves who it is with a user name and a password."""
        return self.protocol.startswith("SASL_")

    def options(self) -> dict[str, Any]:
        """The arguments of every aiokafka client of this cluster. The files are read anew each time.

        Raises ``OSError`` if a file cannot be read or holds no certificate or key.
        """
        options: dict[str, Any] = {"bootstrap_servers": self.bootstrap, "security_protocol": self.protocol}
        if self.encrypted:
            options["ssl_context"] = self._ssl_context()
        if self.authenticated:
            options |= {
                "sasl_mechanism": self.mechanism,
                "sasl_plain_username": self.username,
                "sasl_plain_password": self.password,
            }
        return options

    def _ssl_context(self) -> ssl.SSLContext:
        context = ssl.create_default_context(cafile=self.ca_file or None)  # verifies certificates and host names
        if self.certificate_file:
            # Without a password OpenSSL would ask for that of an encrypted key on the terminal.
            context.load_cert_chain(self.certificate_file, self.key_file or None, password="")
        return context
