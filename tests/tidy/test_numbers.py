"""Untrusted text becomes a number in one place, which bounds it first: computing with 1e-999999999 takes minutes."""

import ast
from decimal import Decimal

from pydantic import BeforeValidator

import loyalty.programme.document
import notify.journeys.document
from mandegar.documents.model import DocumentModel
from tidy.tree import Source, product, report

THE_PLACE = "libs/shared/src/mandegar/quantities.py"
NUMBERS = {int, float, Decimal}
CONVERTERS = {"Decimal", "Fraction", "int", "float", "complex", "decimal.Decimal", "fractions.Fraction"}
# Path and argument, with the reason why no untrusted text gets there.
ALLOWED = {
    ("libs/shared/src/mandegar/clock.py", "started"): "a setting",
    ("libs/shared/src/mandegar/failpoints.py", "passes or '1'"): "a setting of tests",
    ("libs/shared/src/mandegar/lanes/positions.py", "partition.partition"): "a partition that the broker assigned",
    ("libs/shared/src/mandegar/rebuild/replay.py", "at.timestamp() * 1000"): "an instant",
    ("libs/shared/src/mandegar/tokens/verify.py", "value"): "a JSON number",
    ("libs/shared/src/mandegar/web/edge/body.py", "value[:15]"): "at most 15 digits",
    ("libs/shared/src/mandegar/documents/model.py", "value"): "an int or Decimal of the code",
    ("libs/shared/src/mandegar/documents/model.py", "number"): "a Decimal of at most 18 digits",
    ("libs/shared/src/mandegar/documents/model.py", "limits['ge']"): "a bound in the code",
    ("libs/shared/src/mandegar/documents/model.py", "limits['le']"): "a bound in the code",
    ("services/ingest/src/ingest/doors/request/body.py", "length[:15]"): "at most 15 digits",
    ("services/ingest/src/ingest/sources/rate.py", "per_second or 1"): "a setting",
    ("services/ingest/src/ingest/sources/rate.py", "bucket.tokens"): "a number that the process computed",
    ("services/loyalty/src/loyalty/domain/proportion.py", "order.net"): "a number that the process computed",
    ("services/loyalty/src/loyalty/programme/document/built_in.py", "unit"): "a packaged file",
    ("services/loyalty/src/loyalty/programme/document/built_in.py", "factor"): "a packaged file",
    ("services/loyalty/src/loyalty/domain/earning.py", "multiplier.times"): "a number of a document",
    ("services/loyalty/src/loyalty/domain/earning.py", "rule.points"): "a number of a document",
    ("services/loyalty/src/loyalty/domain/earning.py", "rule.per"): "a number of a document",
    ("services/loyalty/src/loyalty/domain/earning.py", "tier"): "a number of a document",
    ("services/loyalty/src/loyalty/domain/earning.py", "rate * parts"): "a whole fraction",
    ("services/loyalty/src/loyalty/domain/earning.py", "times * extra_parts"): "a whole fraction",
    ("services/loyalty/src/loyalty/programme/document/mistakes.py", "rule.points"): "a number of a document",
    ("services/loyalty/src/loyalty/programme/document/worth.py", "programme.points"): "a number of a document",
    ("services/loyalty/src/loyalty/programme/document/worth.py", "programme.per"): "a number of a document",
    ("services/loyalty/src/loyalty/programme/document/worth.py", "most"): "a number of a document",
    ("services/loyalty/src/loyalty/programme/document/worth.py", "spending.value"): "billionths of an amount",
    ("services/loyalty/src/loyalty/programme/document/worth.py", "times"): "a number of a document",
    ("services/loyalty/src/loyalty/programme/document/worth.py", "multiplier.times"): "a number of a document",
    ("services/loyalty/src/loyalty/programme/document/mistakes.py", "rule.times"): "a number of a document",
    ("services/loyalty/src/loyalty/domain/programme.py", "self.points"): "a number of a document",
    ("services/loyalty/src/loyalty/domain/programme.py", "self.per"): "a number of a document",
    ("services/loyalty/src/loyalty/domain/programme.py", "tier.multiplier"): "a number of a document",
    ("services/loyalty/src/loyalty/domain/part_payment.py", "payable * spending.share_max"): "a whole fraction",
    ("services/loyalty/src/loyalty/domain/part_payment.py", "-payable * spending.share_min // spending.value"): (
        "a whole fraction"
    ),
    ("services/loyalty/src/loyalty/programme/document/spend.py", "self.share.min"): "a number of a document",
    ("services/loyalty/src/loyalty/programme/document/spend.py", "self.share.max"): "a number of a document",
    ("services/churn/src/churn/customers/rebuild.py", "event.data.version"): "an int",
    ("services/notify/src/notify/contacts/apply.py", "event.data.version"): "an int",
}
# Numbers that the process computed itself, and providers' answers, which are bounded as times.
COMPUTED = (
    "services/churn/src/churn/domain/",
    "services/churn/src/churn/backtest/",
    "services/churn/src/churn/fitting/",
    "services/loyalty/src/loyalty/comparing/",
    "services/notify/src/notify/channels/",
)


def conversions(source: Source) -> list[tuple[int, str]]:
    """Line and argument of every conversion of something that is not written there."""
    return [
        (call.lineno, ast.unparse(call.args[0]))
        for call, callee in source.called
        if callee in CONVERTERS and call.args and not isinstance(call.args[0], ast.Constant)
    ]


def test_text_becomes_a_number_in_one_place():
    found = [
        f"{source.path}:{line}: {argument}"
        for source in product()
        if source.path != THE_PLACE and not source.path.startswith(COMPUTED)
        for line, argument in conversions(source)
        if (source.path, argument) not in ALLOWED
    ]

    assert not found, report(f"use decimal_of or whole_of of {THE_PLACE}, or give a reason in ALLOWED:", found)


def test_every_reason_is_still_needed():
    used = {(source.path, argument) for source in product() for _, argument in conversions(source)}

    assert not ALLOWED.keys() - used


def test_every_number_of_a_document_is_bounded_before_it_is_computed_with():
    assert loyalty.programme.document
    assert notify.journeys.document
    found = [
        f"{model.__qualname__}.{name}"
        for model in _models(DocumentModel)
        if model.__module__.split(".")[0] in ("mandegar", "loyalty", "churn", "notify")
        for name, field in model.model_fields.items()
        if field.annotation in NUMBERS and not any(isinstance(one, BeforeValidator) for one in field.metadata)
    ]

    assert not found, report("declare them as Number or WholeNumber of mandegar.documents.model:", found)


def _models(model: type[DocumentModel]) -> list[type[DocumentModel]]:
    return [model, *(below for each in model.__subclasses__() for below in _models(each))]
