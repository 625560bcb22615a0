"""`mandegar find`: where a person's texts still are."""

import asyncio
import sys
from pathlib import Path
from typing import Annotated, Any
from urllib.parse import urlsplit

import asyncpg
import httpx2
import typer
from aiokafka.errors import KafkaError

from mandegar.kafka.broker import Broker
from mandegar_local.find.databases import search_database
from mandegar_local.find.said import search_logs, search_metrics
from mandegar_local.find.scanning import Found
from mandegar_local.find.spellings import Spelling, TooShort, spellings
from mandegar_local.find.topics import search_topics
from mandegar_local.or_fail import or_fail
from mandegar_local.overview import running_stack
from mandegar_local.stack_error import StackError
from mandegar_local.stack_files import StackFiles, local_stack_files
from mandegar_local.text_table import text_table

_HEADINGS = ("where", "what", "as", "times")


def find_command(
    texts: Annotated[list[str] | None, typer.Argument(help="Texts, such as an address, a name, an id.")] = None,
    source: Annotated[
        Path | None, typer.Option("--from", exists=True, dir_okay=False, help="A file with one text a line.")
    ] = None,
) -> None:
    """Look for texts in every database, topic, log and metric of the running stack; exit code 1 if there are any.

    They are looked for as they are, and in the encodings of JSON, URLs, HTML, mail, UTF-16 and Base64. Of a compacted
    topic the last record of each key counts. Mails and SMS that were sent are not looked through: others have them.
    """

    def work() -> None:
        lines = source.read_text().splitlines() if source is not None else []
        wanted = [text for text in (*(texts or ()), *map(str.strip, lines)) if text]
        if not wanted:
            raise StackError("Nothing to look for: name texts, or a file with --from.")
        try:
            found = search_stack(local_stack_files(), spellings(wanted))
        except TooShort as error:
            raise StackError(f"{error}.") from error
        if found:
            rows = [(each.place, each.text, each.form, f"{each.times:,}") for each in found]
            typer.echo("\n".join(text_table(_HEADINGS, rows)))
            sys.exit(1)
        typer.echo(f"None of {len(wanted)} texts is in the databases, topics, logs or metrics of this stack.")

    or_fail(work)


def search_stack(files: StackFiles, wanted: list[Spelling]) -> list[Found]:
    """What the running stack has of the spellings. Raises StackError if a part of it does not answer."""
    stack = running_stack(files)
    found: list[Found] = []
    try:
        for name, url in stack["databases"].items():
            typer.echo(f"database {name} …", err=True)
            found += asyncio.run(search_database(name, _as_superuser(files, url), wanted))
        typer.echo("topics …", err=True)
        found += asyncio.run(search_topics(Broker(stack["kafka_bootstrap"]), "", wanted))
        typer.echo("logs and metrics …", err=True)
        found += search_logs(sorted((files.root / "log").glob("*.log*")), wanted)
        found += search_metrics(_processes(stack), wanted)
    except (asyncpg.PostgresError, KafkaError, httpx2.HTTPError, OSError) as error:
        raise StackError(f"A part of the stack did not answer ({type(error).__name__}); see `make status`.") from error
    return found


def _processes(stack: dict[str, Any]) -> dict[str, str]:
    return {**stack["services"], **{f"{name} worker": url for name, url in stack["workers"].items()}}


def _as_superuser(files: StackFiles, url: str) -> str:
    """The address of a database for the superuser of the local server, from whom row-level security hides nothing."""
    password = (files.root / "postgres" / "superuser").read_text()
    parts = urlsplit(url)
    return f"postgresql://postgres:{password}@{parts.hostname}:{parts.port}{parts.path}"
