"""`mandegar whatif FILE`."""

import sys
import time
from pathlib import Path
from typing import Annotated, Any, Literal

import typer

from mandegar_local.first_shop import DEFAULT_SHOP
from mandegar_local.options import Shop
from mandegar_local.or_fail import or_fail
from mandegar_local.person.requests import ServiceAt, services_of
from mandegar_local.stack_error import StackError
from mandegar_local.stack_files import local_stack_files
from mandegar_local.whatif.summary import summary_lines

_REPLAYS = "/v1/programme/replays"
_LOOK_SECONDS = 0.5
_OPEN = ("waiting", "running")


def whatif_command(
    file: Annotated[
        Path, typer.Argument(metavar="FILE", help="The programme to compare, in YAML.", exists=True, dir_okay=False)
    ],
    shop: Shop = DEFAULT_SHOP,
    since: Annotated[str | None, typer.Option("--from", help="From when on it is in force, with a zone.")] = None,
    value: Annotated[str | None, typer.Option(help="What a point is worth, in the currency of the shop.")] = None,
    page: Annotated[Path | None, typer.Option(help="Write the report into this file.", dir_okay=False)] = None,
    lang: Annotated[Literal["fa", "en"], typer.Option(help="Language of the page.")] = "en",
) -> None:
    """Compute what a programme would have given to a shop's customers, beside what they have. Nothing is changed."""

    def work() -> None:
        try:
            document = file.read_text(encoding="utf-8")
        except (OSError, UnicodeDecodeError) as error:
            raise StackError(f"{file} cannot be read as text in UTF-8 ({type(error).__name__}).") from error
        wanted = {"document": document, "from": since, "value_per_point": value}
        services = services_of(local_stack_files(), shop, "programme:write", "customers:read")
        loyalty = next((service for service in services if service.name == "loyalty"), None)
        if loyalty is None:
            raise StackError("The stack runs without loyalty; start it without MANDEGAR_SERVICES.")
        replay_id = _asked(loyalty, {name: each for name, each in wanted.items() if each is not None})
        try:
            replay = _followed(loyalty, replay_id)
        except KeyboardInterrupt:
            loyalty.ask("POST", f"{_REPLAYS}/{replay_id}/cancel")
            raise StackError("Cancelled: nothing was changed.") from None
        if replay["status"] != "done":
            raise StackError(f"There is no result: {replay['failure'] or replay['status']}.")
        for line in summary_lines(replay["result"]):
            typer.echo(line)
        if page is not None:
            page.write_bytes(_answer(loyalty, "GET", f"{_REPLAYS}/{replay_id}/report?lang={lang}").content)
            typer.echo(f"\nThe report is in {page}")

    or_fail(work)


def _asked(loyalty: ServiceAt, wanted: dict[str, str]) -> str:
    return str(_answer(loyalty, "POST", _REPLAYS, wanted).json()["id"])


def _followed(loyalty: ServiceAt, replay_id: str) -> dict[str, Any]:
    """The replay once it is finished; meanwhile a line says how far it is."""
    while True:
        replay: dict[str, Any] = _answer(loyalty, "GET", f"{_REPLAYS}/{replay_id}").json()
        if replay["status"] not in _OPEN:
            _tell("")
            return replay
        progress = replay["progress"]
        _tell(f"{progress['doing']} {progress['done']:,} of {progress['total']:,}" if progress else replay["status"])
        time.sleep(_LOOK_SECONDS)


def _tell(text: str) -> None:
    if sys.stderr.isatty():
        sys.stderr.write(f"\r\033[K{text}")
        sys.stderr.flush()


def _answer(loyalty: ServiceAt, method: str, path: str, body: object = None) -> Any:
    answer = loyalty.ask(method, path, body)
    if answer.is_success:
        return answer
    problem = answer.json() if "json" in answer.headers.get("content-type", "") else {}
    if problem.get("code") == "invalid_programme":
        lines = [f"  line {each['line']}: {each['message']}" for each in problem.get("errors", ())]
        raise StackError("\n".join(["The programme has errors:", *lines]))
    raise loyalty.refuse(answer)
