"""Settings read from ``MANDEGAR_*``: secrets also from files, and refusals as sentences that show no value."""

import os
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Any, ClassVar, Literal, TypeVar, get_args

from pydantic import Field, SecretStr, ValidationError, field_validator, model_validator
from pydantic_core import ErrorDetails
from pydantic_settings import (
    BaseSettings,
    NoDecode,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
    SettingsError,
)

PREFIX = "MANDEGAR_"
PLACEHOLDER = "change-me"
SECRET_BYTES_MAX = 64 * 1024

Insecure = Literal["kafka", "postgresql", "smtp", "sms", "public_url", "clock"]

# What a value must be, by pydantic's type of error; the names in braces are those of the error's context.
_MUST_BE = {
    "int_parsing": "must be a whole number",
    "float_parsing": "must be a number",
    "bool_parsing": "must be true or false",
    "literal_error": "must be {expected}",
    "greater_than": "must be more than {gt}",
    "greater_than_equal": "must be at least {ge}",
    "less_than": "must be less than {lt}",
    "less_than_equal": "must be at most {le}",
}


class RefusedSettings(ValueError):
    """The settings are missing, invalid or unsafe; its text is one sentence per line."""


class _NoSecret:
    """Stands in for a secret whose file cannot be used, until validation turns ``reason`` into an error."""

    def __init__(self, reason: str) -> None:
        self.reason = reason


class Environment(BaseSettings):
    """Settings of a process. Each one that is a ``SecretStr`` may be given as a file, named by ``MANDEGAR_…_FILE``.

    ``faults`` keep the process from starting; in production ``insecurities`` do as well, unless ``allow_insecure``
    names them.
    """

    # ``hide_input_in_errors``: a validation error would otherwise print the values of other settings, secrets included.
    model_config: ClassVar[SettingsConfigDict] = SettingsConfigDict(
        env_prefix=PREFIX, extra="ignore", frozen=True, hide_input_in_errors=True
    )

    environment: Literal["local", "production"] = "production"
    allow_insecure: Annotated[frozenset[Insecure], NoDecode] = Field(
        default=frozenset(), description="What production may use without encryption, or with a clock that is set"
    )

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,  # noqa: ARG003
        file_secret_settings: PydanticBaseSettingsSource,  # noqa: ARG003
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Read arguments, then the files of secrets, then the environment."""
        return init_settings, _SecretFiles(settings_cls), env_settings

    @field_validator("*", mode="before")
    @classmethod
    def refuse_unreadable_secrets(cls, value: Any) -> Any:
        """Raise ``ValueError`` with the reason why a secret's file cannot be used."""
        if isinstance(value, _NoSecret):
            raise ValueError(value.reason)  # noqa: TRY004  pydantic reports ValueError
        return value

    @field_validator("allow_insecure", mode="before")
    @classmethod
    def read_names(cls, value: Any) -> Any:
        """Accept a comma-separated list such as ``kafka,smtp``; an empty text allows nothing."""
        return [name.strip() for name in value.split(",") if name.strip()] if isinstance(value, str) else value

    @model_validator(mode="after")
    def refuse_faults(self) -> "Environment":
        """Raise ``ValueError``, with one sentence per line, for everything that the process must not run with."""
        sentences = list(self.faults())
        if self.in_production:
            sentences += [
                f"{sentence}, or allow it in words: add {what} to {PREFIX}ALLOW_INSECURE."
                for what, sentence in self.insecurities()
                if what not in self.allow_insecure
            ]
        if sentences:
            raise ValueError("\n".join(sentences))
        return self

    @property
    def in_production(self) -> bool:
        return self.environment == "production"

    def faults(self) -> Iterator[str]:
        """Settings that contradict each other, or that production must not have: one sentence each."""
        if self.in_production:
            for name in type(self).model_fields:
                value = getattr(self, name)
                if isinstance(value, SecretStr) and PLACEHOLDER in value.get_secret_value().lower():
                    yield f"{setting_name(name)} still has the example's value: replace it with a secret."

    def insecurities(self) -> Iterator[tuple[Insecure, str]]:
        """What production refuses unless it is allowed: its name, and a sentence without its full stop."""
        yield from ()


Settings = TypeVar("Settings", bound=Environment)


def read_settings(settings: type[Settings]) -> Settings:
    """The settings as the environment gives them; raises ``RefusedSettings``."""
    try:
        return settings()
    except ValidationError as error:
        sentences = [sentence for detail in error.errors() for sentence in _sentences(detail, settings)]
        raise RefusedSettings("\n".join(dict.fromkeys(sentences))) from None
    except SettingsError as error:
        raise RefusedSettings(f"The environment cannot be read: {error}.") from None


def settings_or_exit(settings: type[Settings]) -> Settings:
    """The settings as the environment gives them. If they are refused, print the sentences and exit with code 1."""
    try:
        return read_settings(settings)
    except RefusedSettings as error:
        sys.stderr.write(f"{error}\n")
        raise SystemExit(1) from None


def setting_name(field: str) -> str:
    """The environment variable of a field."""
    return PREFIX + field.upper()


class _SecretFiles(PydanticBaseSettingsSource):
    """The secrets that are given as files: ``MANDEGAR_IDENTITY_KEY_FILE`` names the file of ``identity_key``."""

    def get_field_value(self, field: Any, field_name: str) -> tuple[Any, str, bool]:
        """The content of a secret's file, or None if no file is named."""
        variable = setting_name(field_name)
        path = os.environ.get(f"{variable}_FILE")
        if not path or not _is_secret(field.annotation):
            return None, field_name, False
        if os.environ.get(variable):
            return _NoSecret(f"set {variable} or {variable}_FILE, not both"), field_name, False
        return _content(Path(path), f"{variable}_FILE"), field_name, False

    def __call__(self) -> dict[str, Any]:
        fields = self.settings_cls.model_fields
        values = {name: self.get_field_value(field, name)[0] for name, field in fields.items()}
        return {name: value for name, value in values.items() if value is not None}


def _is_secret(annotation: Any) -> bool:
    return annotation is SecretStr or any(_is_secret(part) for part in get_args(annotation))


def _content(path: Path, variable: str) -> str | _NoSecret:
    try:
        with path.open("rb") as file:
            content = file.read(SECRET_BYTES_MAX + 1)
        text = content.decode().rstrip("\r\n")
    except (OSError, ValueError) as error:  # ValueError: the path or the content is no text
        why = error.strerror if isinstance(error, OSError) else "it is not UTF-8 text"
        return _NoSecret(f"the file that {variable} names cannot be read ({why})")
    if len(content) > SECRET_BYTES_MAX:
        return _NoSecret(f"the file that {variable} names is larger than 64 KiB")
    return text if text.strip() else _NoSecret(f"the file that {variable} names is empty")


def _sentences(detail: ErrorDetails, settings: type[Environment]) -> Iterator[str]:
    """An error of pydantic's as sentences that begin with the setting's name and contain no value."""
    if not detail["loc"]:  # several settings together: the validator wrote whole sentences
        yield from str(detail["ctx"]["error"]).split("\n")
        return
    field = str(detail["loc"][0])
    name = setting_name(field) if field in settings.model_fields else field
    if detail["type"] == "missing":
        known = settings.model_fields.get(field)
        secret = known is not None and _is_secret(known.annotation)
        yield f"{name} is not set{f', nor is {name}_FILE' if secret else ''}."
    elif detail["type"] == "value_error":
        yield f"{name}: {str(detail['ctx']['error']).rstrip('.')}."
    else:
        expected = _MUST_BE.get(detail["type"], "has a value that cannot be used")
        yield f"{name} {expected.format(**detail.get('ctx', {}))}."
