"""The template engine: sandboxed, strict about unknown names, and without arithmetic that could eat the memory."""

from collections.abc import Callable
from typing import Any

from jinja2 import StrictUndefined
from jinja2.exceptions import SecurityError
from jinja2.sandbox import ImmutableSandboxedEnvironment

from notify.domain.language import Language
from notify.rendering.formats import filters

SOURCE_MAX = 65536
_REFUSED_OPERATORS = frozenset({"*", "**", "+", "%"})


class TemplateEnvironment(ImmutableSandboxedEnvironment):
    """Refuses every operator that can blow up a string; templates show values, they do not compute."""

    intercepted_binops = _REFUSED_OPERATORS

    def call_binop(self, context: Any, operator: str, left: Any, right: Any) -> Any:  # noqa: ARG002
        """Refuse; called only for the intercepted operators."""
        raise SecurityError(f"templates may not use the operator {operator!r}")


def environment(language: Language, *, html: bool) -> TemplateEnvironment:
    """An engine for one language; ``html`` escapes every value that is put in."""
    made = TemplateEnvironment(
        autoescape=html, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True, keep_trailing_newline=False
    )
    # the built-in filters and globals are far more than a message needs
    made.filters = {name: made.filters[name] for name in ("default", "escape", "e", "join", "trim", "first", "length")}
    made.filters.update(filters(language))
    made.globals = {}
    return made


def compiled(source: str, language: Language, *, html: bool) -> Callable[[dict[str, object]], str]:
    """A template as a function of its values; ``ValueError`` when it is too long, jinja2's errors when it is wrong."""
    if len(source) > SOURCE_MAX:
        raise ValueError(f"a template has at most {SOURCE_MAX} characters")
    template = environment(language, html=html).from_string(source)
    return lambda values: template.render(values)
