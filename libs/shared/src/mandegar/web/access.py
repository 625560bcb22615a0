"""Who may use a route: declared on the route, checked before anything of the request's body is read.

FastAPI reads and parses a declared body before it calls dependencies. A stranger could make every route with a body
read megabytes, so the check is part of the route itself (``GuardedRoute``).
"""

from collections.abc import Callable, Coroutine, Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property
from inspect import signature
from typing import Annotated, Any, Literal, TypeAlias, TypeVar

from fastapi import APIRouter, Depends, Request, Response, Security
from fastapi.dependencies.models import Dependant
from fastapi.routing import APIRoute
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer
from fastapi.security.utils import get_authorization_scheme_param
from pydantic import BaseModel
from starlette.types import Scope as AsgiScope

from mandegar.tokens import SCOPES, InvalidToken, Principal, Scope
from mandegar.web.edge.allowances import COST, COST_PER
from mandegar.web.parameters import declared_parameters, require_declared
from mandegar.web.problems import Problem
from mandegar.web.versioned import unless_known

Reading = TypeVar("Reading", bound=Callable[..., Coroutine[Any, Any, Response]])
Shops: TypeAlias = Literal["one", "every", "either"]
EXTENSION = "x-mandegar-access"

_TOKEN = HTTPBearer(
    scheme_name="Token",
    auto_error=False,
    description="A signed token (JWT, EdDSA): from `mandegar token`, or signed by the shop",
)
_Token = Annotated[HTTPAuthorizationCredentials | None, Security(_TOKEN)]


@dataclass(frozen=True, slots=True)
class TokenAccess:
    """A route for tokens with one of ``scopes``. As a dependency, it returns the principal.

    A customer's own token (one with ``sub``) may use the route only if it has one of ``customer_scopes``. ``shops``
    tells whom the answer concerns: one shop, every shop (operators only), or either, depending on the token.
    """

    scopes: tuple[Scope, ...]
    customer_scopes: tuple[Scope, ...] = ()
    shops: Shops = "one"

    def __post_init__(self) -> None:
        if not self.scopes or (unknown := {*self.scopes, *self.customer_scopes} - set(SCOPES)):
            raise ValueError(f"a route needs scopes of {', '.join(SCOPES)}; these are not scopes: {sorted(unknown)}")

    async def __call__(self, request: Request, _: _Token) -> Principal:
        """The principal whom ``admit`` let in. The second parameter puts the scheme into the OpenAPI document."""
        return await principal(request)

    def admit(self, scope: AsgiScope) -> None:
        """Keep the principal of a request; a 401 problem without a valid token, 403 without the right to the route."""
        who = _verified(scope)
        scope.setdefault("state", {}).update(principal=who, access=self)
        if who.subject is not None and not self.customer_scopes:
            raise Problem(
                403, "forbidden", "A customer's own token cannot use this route", "Use a token of the shop, without sub"
            )
        scopes = self.scopes if who.subject is None else self.customer_scopes
        if not who.scopes.intersection(scopes):
            raise Problem(403, "forbidden", f"The token needs the scope {' or '.join(scopes)}")
        if self.shops == "every" and not who.operator:
            raise Problem(
                403,
                "forbidden",
                "The answer concerns all shops",
                "Use an operator's token: its shop is *, and its key may sign for every shop",
            )
        if self.shops == "one" and who.operator:
            raise Problem(
                403, "shop_required", "The answer concerns one shop", "Use a token that names the shop, instead of *"
            )

    def described(self) -> dict[str, Any]:
        """The declaration, as the OpenAPI document shows it."""
        return {"by": "token", "scopes": self.scopes, "customer_scopes": self.customer_scopes, "shops": self.shops}


@dataclass(frozen=True, slots=True)
class OpenAccess:
    """A route without a token: ``by`` is what it is guarded by instead, or ``nothing``."""

    by: Literal["nothing", "link", "source_key"]

    async def __call__(self) -> None:
        """Nothing; a dependency only so that the declaration can stand on a router."""

    def admit(self, scope: AsgiScope) -> None:
        """Let everybody in."""

    def described(self) -> dict[str, Any]:
        return {"by": self.by}


class GuardedRoute(APIRoute):
    """A route that admits a request before FastAPI reads it. Declares exactly one access, else ``TypeError``.

    A route for tokens refuses query parameters that it does not declare. Doors, links and probes ignore them: senders,
    mail programs and load balancers append parameters of their own, which choose nothing of the answer.
    """

    def __init__(self, path: str, endpoint: Callable[..., Any], **options: Any) -> None:
        super().__init__(path, endpoint, **options)
        declared = set(_declared(self.dependant))
        if len(declared) != 1:
            raise TypeError(f"the route {path} must declare one access, not {len(declared)}: use require() or public()")
        self.access = declared.pop()
        self.parameters = declared_parameters(self.dependant)
        extra = self.openapi_extra or {}
        self._cost, self._cost_per = extra.get(COST, 1), extra.get(COST_PER)
        self.openapi_extra = {**extra, EXTENSION: self.access.described()}
        if isinstance(self.access, TokenAccess):
            alternatives = dict.fromkeys((*self.access.scopes[1:], *self.access.customer_scopes))
            others = [scope for scope in alternatives if scope != self.access.scopes[0]]
            self.openapi_extra["security"] = [{_TOKEN.scheme_name: [scope]} for scope in others]

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        handle = self.get_admitted_handler()

        async def admit_and_handle(request: Request) -> Response:
            self.admit(request.scope)
            return await handle(request)

        return admit_and_handle

    def admit(self, scope: AsgiScope) -> None:
        """Let a request in that may use the route, has an allowance and no unknown parameters; else a problem."""
        self.access.admit(scope)
        if isinstance(self.access, TokenAccess):
            cost = self._cost
            if self._cost_per:
                cost *= max(len(Request(scope).query_params.getlist(self._cost_per)), 1)
            scope["app"].state.allowances.take_request(scope["state"]["principal"], cost)
            if scope["query_string"]:
                require_declared(Request(scope), self.parameters)

    def get_admitted_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        """The handler of requests that were admitted."""
        return super().get_route_handler()


class ReadRoute(GuardedRoute):
    """A read of one customer, which ``mandegar.web.reads`` answers without the framework where the request is plain."""

    @cached_property
    def reads_language(self) -> bool:
        """Whether the function takes ``accept_language``: its texts are in the language of the reader."""
        return "accept_language" in signature(self.endpoint).parameters

    @cached_property
    def reads_principal(self) -> bool:
        """Whether the function takes ``who``: a customer's own token sees less than one of the shop."""
        return "who" in signature(self.endpoint).parameters

    def get_admitted_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        handle = super().get_admitted_handler()

        async def handle_versioned(request: Request) -> Response:
            return unless_known(await handle(request), request.scope)

        return handle_versioned


class Router(APIRouter):
    """A router whose routes are guarded."""

    def __init__(self, *, route_class: type[GuardedRoute] = GuardedRoute, **options: Any) -> None:
        super().__init__(route_class=route_class, **options)

    def read(self, path: str, answer: type[BaseModel], **options: Any) -> Callable[[Reading], Reading]:
        """Declare ``async (ctx: Ctx, customer: CustomerRead, …) -> Response`` as a read of one customer.

        The path begins with ``/v1/customers/{customer_id}``. The response is the JSON of ``answer``; further parameters
        are optional parameters of the query. A plain request calls the function with the first two alone, and with
        ``accept_language`` (``mandegar.web.language``) and ``who`` (``CurrentPrincipal``) if it takes them.
        """

        def add(endpoint: Reading) -> Reading:
            self.add_api_route(path, endpoint, response_model=answer, route_class_override=ReadRoute, **options)
            return endpoint

        return add


def check_guarded(routers: Iterable[APIRouter]) -> None:
    """Raise ``TypeError`` for a route that would be served to everybody because it is not guarded."""
    for router in routers:
        for route in router.routes:
            if not isinstance(route, GuardedRoute):
                raise TypeError(f"the route {getattr(route, 'path', route)} is not guarded: use mandegar.web.Router")


def require(*scopes: Scope, customer_scopes: tuple[Scope, ...] = (), shops: Shops = "one") -> Any:
    """The marker of a parameter that receives the principal of a token with one of ``scopes``."""
    return secured(TokenAccess(scopes, customer_scopes, shops))


def secured(access: TokenAccess) -> Any:
    """The marker of a parameter that receives the principal of ``access``."""
    return Security(access, scopes=[access.scopes[0]])


def public(by: Literal["nothing", "link", "source_key"] = "nothing") -> Any:
    """The dependency by which a route or router declares that it takes no token."""
    return Depends(OpenAccess(by))


async def principal(request: Request) -> Principal:
    """The principal of a request that a route with ``TokenAccess`` admitted."""
    who: Principal = request.state.principal
    return who


CurrentPrincipal = Annotated[Principal, Depends(principal)]


def _verified(scope: AsgiScope) -> Principal:
    header = next((value.decode("latin-1") for name, value in scope["headers"] if name == b"authorization"), None)
    scheme, token = get_authorization_scheme_param(header)
    if scheme.lower() != "bearer" or not token:
        raise Problem(
            401,
            "unauthenticated",
            "A bearer token is required",
            "Send the header Authorization: Bearer <token>. A browser that opens the address does not send one; use "
            "curl or a program. `mandegar token` makes a token, and /docs shows each request as a curl command",
            headers={"WWW-Authenticate": 'Bearer realm="mandegar"'},
        )
    try:
        verified: Principal = scope["app"].state.context.tokens.verify(token)
    except InvalidToken as error:
        raise Problem(
            401,
            "invalid_token",
            "The token is not valid",
            str(error),
            headers={"WWW-Authenticate": 'Bearer error="invalid_token"'},
        ) from error
    return verified


def _declared(dependant: Dependant) -> Iterator[TokenAccess | OpenAccess]:
    if isinstance(dependant.call, TokenAccess | OpenAccess):
        yield dependant.call
    for dependency in dependant.dependencies:
        yield from _declared(dependency)
