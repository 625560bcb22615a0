"""A document is read into its model, or refused with every error and its line."""

from decimal import Decimal
from typing import Annotated, Any, Literal

import pytest
from pydantic import Field, ValidationInfo, field_validator

from mandegar.documents.model import DocumentModel, WholeNumber, located
from mandegar.documents.nodes import InvalidDocument
from mandegar.documents.reading import read_document


class AtLeast(DocumentModel):
    at_least: WholeNumber


class Gift(DocumentModel):
    kind: Literal["gift"]
    stock: Annotated[WholeNumber, Field(ge=0, le=10)]


class Discount(DocumentModel):
    kind: Literal["discount"]
    per_cent: Annotated[Decimal, Field(ge=0, le=100)]


class Rewards(DocumentModel):
    name: Annotated[str, Field(min_length=1, max_length=5)]
    channel: Literal["email", "sms"] = "email"
    rewards: Annotated[list[Annotated[Gift | Discount, Field(discriminator="kind")]], Field(max_length=2)] = Field(
        default_factory=list
    )
    when: dict[str, AtLeast | str] = Field(default_factory=dict)

    @field_validator("name")
    @classmethod
    def _is_free(cls, name: str, info: ValidationInfo) -> str:
        if info.context and name in info.context.get("taken", ()):
            raise ValueError("is taken")
        return name


class Pair(DocumentModel):
    """Its parts are checked against each other."""

    low: Decimal
    high: Decimal

    def model_post_init(self, _: Any) -> None:
        if self.low > self.high:
            raise located((("high",), "must not be below low"))


def errors(text: str, model: type[DocumentModel] = Rewards, **context: Any) -> list[tuple[int, str]]:
    with pytest.raises(InvalidDocument) as caught:
        read_document(text, model, **context)
    return [tuple(error) for error in caught.value.errors]


def test_scalars_are_exact_and_in_any_digits():
    document = read_document("low: 0.1\nhigh: ۱۲.۵۰\n", Pair)

    assert (document.low, str(document.high)) == (Decimal("0.1"), "12.50")


@pytest.mark.parametrize("text", ["7", "7.0", "0.7e1", "۷"])
def test_a_whole_number_may_be_written_like_any_decimal(text):
    assert read_document(f"at_least: {text}", AtLeast).at_least == 7


@pytest.mark.parametrize("text", ["7.5", "seven", "1e999999999", "NaN", "", "[7]"])
def test_what_is_no_whole_number_is_refused(text):
    assert [line for line, _ in errors(f"at_least: {text}", AtLeast)] == [1]


def test_errors_are_in_the_order_of_lines_whatever_part_found_them():
    text = "rewards:\n- kind: gift\n  stock: 11\n- {kind: discount}\nchannel: fax\nnick: x\nname: longer\n"

    assert errors(text) == [
        (3, "rewards.0.stock: must be a whole number from 0 to 10"),
        (4, "rewards.1: the key per_cent is missing"),
        (5, "channel: must be email or sms"),
        (6, "nick: unknown key; allowed keys: name, channel, rewards, when"),
        (7, "name: must be a text of 1 to 5 characters"),
    ]


def test_the_tag_of_a_union_is_no_part_of_the_path():
    assert errors("name: a\nrewards:\n- kind: gift\n  stock: 1\n  colour: red\n") == [
        (5, "rewards.0.colour: unknown key; allowed keys: kind, stock")
    ]
    assert (3, "when.points.at_most: unknown key; allowed keys: at_least") in errors(
        "name: a\nwhen:\n  points: {at_least: 1, at_most: 2}\n"
    )


def test_a_validator_finds_the_context_and_its_message_has_the_line():
    assert errors("channel: sms\nname: a\n", taken=["a"]) == [(2, "name: is taken")]


def test_what_a_whole_model_refuses_has_the_line_of_the_part_it_names():
    assert errors("low: 2\nhigh: 1\n", Pair) == [(2, "high: must not be below low")]


def test_a_list_that_is_too_long_or_none_is_refused_once():
    gift = "- {kind: gift, stock: 1}\n"

    assert errors(f"name: a\nrewards:\n{gift * 3}") == [(2, "rewards: must be a list of 0 to 2 items")]
    assert errors("name: a\nrewards: many\n") == [(2, "rewards: must be a list of 0 to 2 items")]
    assert errors("name: {a: b}\nrewards: []\n") == [(1, "name: must be a text of 1 to 5 characters")]


def test_of_very_many_errors_the_first_hundred_are_given():
    found = errors("name: a\n" + "".join(f"key{number}: x\n" for number in range(150)))

    assert [line for line, _ in found] == list(range(2, 102))
