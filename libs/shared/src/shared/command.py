"""The command line of every service: ``python -m <service> serve`` and ``python -m <service> migrate``."""

from importlib import import_module
from pathlib import Path

import typer

from shared.database.migrations import upgrade
from shared.runner import Service, run
from shared.settings import MigrationSettings


def command_line(service: Service) -> typer.Typer:
    """The commands of ``service``."""
    app = typer.Typer(help=f"Mandegar {service.name}", no_args_is_help=True, pretty_exceptions_enable=False)

    @app.command()
    def serve() -> None:
        """Run the service until SIGTERM."""
        run(service)

    @app.command()
    def migrate() -> None:
        """Bring the database to the newest migration, as its owner."""
        upgrade(service_root(service.name), MigrationSettings().owner_database_url.get_secret_value())
        typer.echo(f"{service.name}: database is at the newest migration")

    return app


def service_root(name: str) -> Path:
    """The folder that holds a service's migrations, two above its package."""
    module = import_module(name)
    assert module.__file__ is not None  # noqa: S101  a package always has a file
    return Path(module.__file__).parents[2]
