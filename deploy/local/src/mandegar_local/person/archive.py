"""Joins the exports of the services into one archive, with a page to read."""

import os
import zipfile
from collections.abc import Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from urllib.parse import quote

import httpx2
import orjson

from mandegar_local.person.page import export_page
from mandegar_local.person.requests import ServiceAt
from mandegar_local.stack_error import StackError

_SECONDS = 60.0


def write_archive(services: Sequence[ServiceAt], customer: str, shop: str, target: Path) -> list[str]:
    """Write the archive; returns the services that hold something of the customer.

    What a service answers goes to the disk as it comes. Raises StackError if one refuses, or breaks off.
    """
    held: list[str] = []
    with (
        TemporaryDirectory() as directory,
        open(target, "wb", opener=_private) as file_of_archive,
        zipfile.ZipFile(file_of_archive, "w", zipfile.ZIP_DEFLATED) as archive,
    ):
        documents: list[Path] = []
        for service in services:
            document = Path(directory) / f"{service.name}.json"
            if _fetch(service, customer, document):
                held.append(service.name)
                documents.append(document)
                archive.write(document, document.name)
        page = Path(directory) / "index.html"
        with page.open("w", encoding="utf-8") as file:
            file.writelines(export_page(map(_read, documents), shop, _locale(services, shop)))
        archive.write(page, page.name)
    return held


def _private(path: str, flags: int) -> int:
    """Opens a file that nobody but its owner can read."""
    descriptor = os.open(path, flags, 0o600)
    os.fchmod(descriptor, 0o600)
    return descriptor


def _fetch(service: ServiceAt, customer: str, document: Path) -> bool:
    url = f"{service.url}/v1/customers/{quote(customer, safe='')}/export"
    try:
        with (
            httpx2.stream("GET", url, headers=service.headers, timeout=_SECONDS) as answer,
            document.open("wb") as file,
        ):
            if answer.status_code == 404:
                return False
            if answer.status_code >= 300:
                answer.read()
                raise service.refuse(answer)
            for part in answer.iter_bytes():
                file.write(part)
    except httpx2.HTTPError as error:
        raise service.silent(error) from error
    return True


def _read(document: Path) -> dict[str, object]:
    try:
        found: dict[str, object] = orjson.loads(document.read_bytes())
    except orjson.JSONDecodeError as error:
        raise StackError(f"The export of {document.stem} broke off; ask again.") from error
    return found


def _locale(services: Sequence[ServiceAt], shop: str) -> str:
    """The shop's locale; that of most shops if ingest does not say it."""
    ingest = next(service for service in services if service.name == "ingest")
    answer = ingest.ask("GET", f"/v1/shops/{quote(shop, safe='')}")
    return str(answer.json()["locale"]) if answer.status_code == 200 else "fa-IR"
