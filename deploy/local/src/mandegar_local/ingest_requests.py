"""Requests of the `mandegar` command to ingest, with a token signed for each with the key of the local stack."""

from datetime import UTC, datetime
from typing import Any

import httpx2

from mandegar_local.credentials import Credentials, load_credentials
from mandegar_local.overview import running_stack
from mandegar_local.stack_error import StackError
from mandegar_local.stack_files import StackFiles
from mandegar_local.tokens import sign_token

_SECONDS = 10.0


def existing_credentials(files: StackFiles) -> Credentials:
    """The secrets of the stack. Raises StackError if it was never started."""
    if not files.secrets.exists():
        raise StackError(f"There are no keys in {files.root} yet; `make up` creates them.")
    return load_credentials(files.secrets)


def ask_ingest(files: StackFiles, shop: str, method: str, path: str, body: object = None) -> dict[str, Any]:
    """The answer to a request for one shop. Raises StackError with the title and detail of a refusal."""
    answer = request_ingest(files, shop, method, path, body)
    if answer.status_code >= 300:
        raise StackError(_refusal(answer, shop))
    content: dict[str, Any] = answer.json()
    return content


def request_ingest(files: StackFiles, shop: str, method: str, path: str, body: object = None) -> httpx2.Response:
    """The response to a request for one shop. Raises StackError if no stack runs, or ingest does not answer."""
    url = running_stack(files)["services"].get("ingest")
    if url is None:
        raise StackError("The stack runs without ingest; start it without MANDEGAR_SERVICES.")
    key = existing_credentials(files).signing_key
    bearer = sign_token(key, shop, ["ops", "sources:write"], now=datetime.now(UTC), days=1)
    try:
        return httpx2.request(
            method, f"{url}{path}", json=body, headers={"Authorization": f"Bearer {bearer}"}, timeout=_SECONDS
        )
    except httpx2.HTTPError as error:
        raise StackError(f"ingest does not answer on {url} ({type(error).__name__}).") from error


def _refusal(answer: httpx2.Response, shop: str) -> str:
    try:
        problem = answer.json()
        if problem["code"] == "unknown_shop":
            return f"There is no shop {shop}; `mandegar shop {shop}` creates it."
        wrong = "; ".join(f"{error['at'].partition('.')[2]}: {error['message']}" for error in problem.get("errors", ()))
        text = ": ".join(part for part in (problem["title"], problem.get("detail"), wrong) if part)
    except (ValueError, KeyError, TypeError, AttributeError):
        text = answer.text[:300]
    return f"ingest refused with {answer.status_code}: {text}"
