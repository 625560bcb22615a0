"""Requests about a person to the services of the running stack, with a token signed for each."""

from datetime import UTC, datetime
from typing import NamedTuple

import httpx2
import orjson

from mandegar_local.ingest_requests import existing_credentials
from mandegar_local.overview import running_stack
from mandegar_local.stack_error import StackError
from mandegar_local.stack_files import StackFiles
from mandegar_local.tokens import sign_token

_SECONDS = 30.0


class Silent(StackError):
    """A service does not answer."""


class ServiceAt(NamedTuple):
    """A service of the running stack, and the headers of requests about one shop."""

    name: str
    url: str
    headers: dict[str, str]

    def refuse(self, answer: httpx2.Response) -> StackError:
        """The error that says why the service refused."""
        try:
            problem = orjson.loads(answer.content)
            wrong = "; ".join(
                f"{each['at'].partition('.')[2]}: {each['message']}" for each in problem.get("errors", ())
            )
            text = ": ".join(part for part in (problem["title"], problem.get("detail"), wrong) if part)
        except (ValueError, KeyError, TypeError, AttributeError):
            text = answer.text[:300]
        return StackError(f"{self.name} refused with {answer.status_code}: {text}")

    def silent(self, error: httpx2.HTTPError) -> Silent:
        """The error that says that the service does not answer."""
        return Silent(f"{self.name} does not answer on {self.url} ({type(error).__name__}).")

    def ask(self, method: str, path: str, body: object = None) -> httpx2.Response:
        """The response. Raises Silent if the service does not answer."""
        try:
            return httpx2.request(method, f"{self.url}{path}", json=body, headers=self.headers, timeout=_SECONDS)
        except httpx2.HTTPError as error:
            raise self.silent(error) from error


def services_of(files: StackFiles, shop: str, *scopes: str) -> list[ServiceAt]:
    """The services of the running stack, for requests with these scopes. Raises StackError if none runs."""
    urls: dict[str, str] = running_stack(files)["services"]
    if "ingest" not in urls:
        raise StackError("The stack runs without ingest; start it without MANDEGAR_SERVICES.")
    bearer = token_of(files, shop, *scopes)
    return [ServiceAt(name, url, {"Authorization": f"Bearer {bearer}"}) for name, url in urls.items()]


def token_of(files: StackFiles, shop: str, *scopes: str) -> str:
    """A token of a shop for one day, signed by the stack's key."""
    return sign_token(existing_credentials(files).signing_key, shop, scopes, now=datetime.now(UTC), days=1)
