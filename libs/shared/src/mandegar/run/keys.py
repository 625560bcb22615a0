"""The keys that verify tokens: where they come from at the start, and how they are kept up to date."""

from mandegar.service.health import Health
from mandegar.service.settings import ServiceSettings
from mandegar.telemetry.logging import logger
from mandegar.tokens import TokenVerifier
from mandegar.tokens.keys import InvalidKeys, read_keys
from mandegar.tokens.watch import KeyWatch, Load, from_file, from_url

log = logger(__name__)


async def open_tokens(settings: ServiceSettings) -> TokenVerifier:
    """The verifier with the keys of the settings; raises ``InvalidKeys``.

    A server of keys that does not answer keeps no process from starting: the doors need no token.
    """
    tokens = TokenVerifier(
        settings.jwks, days_max=settings.token_days_max, customer_hours_max=settings.customer_token_hours_max
    )
    load = _load(settings)
    if load is not None:
        place = "MANDEGAR_JWKS_FILE" if settings.jwks_file else "MANDEGAR_JWKS_URL"
        try:
            tokens.keys = read_keys(await load())
        except InvalidKeys as error:
            raise InvalidKeys(f"{place} must name a JSON Web Key Set with kid and shops: {error}") from error
        except OSError as error:
            if settings.jwks_file:
                raise InvalidKeys(f"{place} cannot be read: {error}") from error
            log.warning("keys_not_loaded", why=str(error) or type(error).__name__)
    return tokens


def watch_keys(tokens: TokenVerifier, settings: ServiceSettings, health: Health) -> KeyWatch | None:
    """The task that loads the keys again, if they lie in a file or at an URL."""
    load = _load(settings)
    if load is None:
        return None
    watch = KeyWatch(tokens, load, seconds=settings.jwks_seconds)
    health.optional_checks["keys"] = watch.check
    return watch


def _load(settings: ServiceSettings) -> Load | None:
    if settings.jwks_file:
        return from_file(settings.jwks_file)
    return from_url(settings.jwks_url) if settings.jwks_url else None
