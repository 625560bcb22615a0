"""The template engine: sandboxed, strict about unknown names, and without operators that could exhaust memory."""

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
    """Refuses the operators that can make a string huge; templates show values, they do not compute."""

    intercepted_binops = _REFUSED_OPERATORS

    def call_binop(self, context: Any, operator: str, left: Any, right: Any) -> Any:  # noqa: ARG002
        """Refuse the operator; jinja2 calls this for the intercepted ones alone."""
        raise SecurityError(f"templates may not use the operator {operator!r}")


def environment(language: Language, *, html: bool) -> TemplateEnvironment:
    """An engine for one language; ``html`` escapes every inserted value."""
    made = TemplateEnvironment(
        autoescape=html, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True, keep_trailing_newline=False
    )
    # messages need few of the built-in filters, and no globals
    made.filters = {name: made.filters[name] for name in ("default", "escape", "e", "join", "trim", "first", "length")}
    made.filters.update(filters(language))
    made.globals = {}
    return made


def compiled(source: str, language: Language, *, html: bool) -> Callable[[dict[str, object]], str]:
    """A template as a function of its values. Raises ``ValueError`` if it is too long, else jinja2's errors."""
    if len(source) > SOURCE_MAX:
        raise ValueError(f"a template has at most {SOURCE_MAX} characters")
    template = environment(language, html=html).from_string(source)
    return lambda values: template.render(values)
