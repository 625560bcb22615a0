"""Creates a database and three roles per service, as a superuser; migrations grant the rights on tables."""

from collections.abc import Iterable, Mapping
from importlib.resources import files
from urllib.parse import quote, urlsplit, urlunsplit

import asyncpg

ROLE_KINDS = ("owner", "worker", "web")


async def create_service_databases(
    admin_url: str, services: Iterable[str], passwords: Mapping[str, str], *, suffix: str = ""
) -> None:
    """Create the roles `<service>_{owner,worker,web}` and the database `<service><suffix>` of each service.

    `passwords` has an entry for each role. If they exist, the passwords are set again and the data is unchanged.
    """
    statements = files("mandegar_local").joinpath("service-databases.sql").read_text()
    connection = await asyncpg.connect(admin_url)
    try:
        for service in services:
            settings = {"service": service, "database": service + suffix}
            settings |= {f"{kind}_password": passwords[f"{service}_{kind}"] for kind in ROLE_KINDS}
            for name, value in settings.items():
                await connection.execute("select set_config($1, $2, false)", f"mandegar.{name}", value)
            for row in await connection.fetch(statements):
                await connection.execute(row["statement"])
    finally:
        await connection.close()


def role_url(admin_url: str, role: str, password: str, database: str) -> str:
    """The address of a database for one role, on the server that `admin_url` names."""
    parts = urlsplit(admin_url)
    host = parts.hostname or "127.0.0.1"
    place = f"{quote(role)}:{quote(password, safe='')}@{host}:{parts.port or 5432}"
    return urlunsplit(("postgresql", place, "/" + quote(database), parts.query, ""))
