"""Every operation of every service for every kind of caller: the answers follow from what the operation declares.

New operations are covered without a change here; one with a new kind of parameter fails until `planted` knows it.
"""

import re
from collections.abc import Awaitable, Callable

import pytest

from harness.operations import Operation
from harness.signing import Signer
from harness.tokens import token
from harness.two_shops import EVIL, OPENED, VICTIM, Asked, opened, plant_dead_letter
from mandegar.tokens import SCOPES

DENIED = {401, 403}


Refusals = list[tuple[str, str, int]]


async def refusals_of_strangers(asked: Asked, operation: Operation) -> Refusals:
    """Whoever has no token of the installation gets 401, also with a key that opens doors."""
    strangers: dict[str, str | None] = {
        "nobody": None,
        "an unreadable token": "a.b.c",
        "a stranger's signature": Signer("tests", "*").token(asked.shop, " ".join(SCOPES)),
        **asked.keys,
    }
    answers = [(who, (await asked.ask(operation, bearer)).status_code) for who, bearer in strangers.items()]
    return [(str(operation), who, status) for who, status in answers if status != 401]


async def refusals_of_tokens(asked: Asked, operation: Operation) -> Refusals:
    """A token without the scope gets 403, and so do a customer's, an operator's and a shop's where it may not be."""
    access = operation.access
    every = " ".join(SCOPES)
    right = access["scopes"][0]
    refused = {
        "a token without a scope": token(asked.shop, ""),
        "a token with every other scope": token(asked.shop, " ".join(set(SCOPES) - set(access["scopes"]))),
        "a customer with every scope but the right ones": token(
            asked.shop, " ".join(set(SCOPES) - set(access["customer_scopes"])), subject=VICTIM
        ),
    }
    if not access["customer_scopes"]:
        refused["a customer with every scope"] = token(asked.shop, every, subject=VICTIM)
    if access["shops"] == "every":
        refused["a shop's token with every scope"] = token(asked.shop, every)
    if access["shops"] == "one":
        refused["an operator with the scope"] = token("*", right)
    answers = [(who, (await asked.ask(operation, bearer)).status_code) for who, bearer in refused.items()]
    return [(str(operation), who, status) for who, status in answers if status != 403]


async def told_to_others(asked: Asked, operation: Operation) -> Refusals:
    """Another shop with every scope, and another customer, are told nothing of the first shop's customer."""
    access = operation.access
    others = {"another shop with every scope": token(EVIL, " ".join(SCOPES))}
    if access["customer_scopes"] and "{customer_id}" in operation.template:
        scopes = " ".join(SCOPES)
        others["another customer of the shop"] = token(asked.shop, scopes, subject="another")
        others["the same customer of another shop"] = token(EVIL, scopes, subject=VICTIM)
    wrong = []
    for who, bearer in others.items():
        answer = await asked.ask(operation, bearer)
        about_it = re.findall(
            r"\{(customer_id|source_id|quarantine_id|group_id|repair_id|reconciliation_id|import_id|letter_id|shop)\}",
            operation.template,
        )
        told = VICTIM in answer.text.replace(asked.values.get("source_id", VICTIM), "") or (
            bool(about_it) and answer.status_code not in {403, 404, 409, 422}
        )
        if told or answer.status_code >= 500:
            wrong.append((str(operation), who, answer.status_code))
    return wrong


async def refusals_of_the_entitled(asked: Asked, operation: Operation) -> Refusals:
    """A token with one of the scopes is let in, whatever becomes of the request then."""
    access = operation.access
    entitled = {}
    for scope in access["scopes"]:
        if access["shops"] != "every":
            entitled[f"the shop with {scope}"] = token(asked.shop, scope)
        if access["shops"] != "one":
            entitled[f"an operator with {scope}"] = token("*", scope)
    for scope in access["customer_scopes"]:
        entitled[f"the customer with {scope}"] = token(asked.shop, scope, subject=VICTIM)
    answers = [(who, (await asked.ask(operation, bearer)).status_code) for who, bearer in entitled.items()]
    return [(str(operation), who, status) for who, status in answers if status in DENIED or status >= 500]


CHECKS: tuple[Callable[[Asked, Operation], Awaitable[Refusals]], ...] = (
    # The entitled last, because they change what they are let at.
    refusals_of_strangers,
    refusals_of_tokens,
    told_to_others,
    refusals_of_the_entitled,
)


@pytest.mark.parametrize("name", OPENED)
async def test_each_caller_is_answered_as_the_operation_declares(make_database, name):
    async with opened(name, await make_database(name)) as asked:
        by_token = [operation for operation in await asked.operations() if operation.access["by"] == "token"]
        # What is only read first: the audit names to each shop the ids that it has tried itself.
        by_token.sort(key=lambda operation: operation.method.upper() != "GET")
        assert len(by_token) > 5
        for check in CHECKS:
            assert [wrong for operation in by_token for wrong in await check(asked, operation)] == []
        every = await asked.operations()
        free, links = ([each for each in every if each.access["by"] == by] for by in ("nothing", "link"))
        assert {(await asked.ask(each, None)).status_code for each in free} <= {200, 503}  # 503: not started
        assert {(await asked.ask(each, None)).status_code for each in links} <= {404}  # the link is made up


async def test_a_door_takes_keys_of_sources_alone(make_database):
    async with opened("ingest", await make_database("ingest")) as asked:
        doors = [operation for operation in await asked.operations() if operation.access["by"] == "source_key"]
        strangers = [None, "a.b.c", token(asked.shop, " ".join(SCOPES)), token("*", " ".join(SCOPES))]
        answers = {(str(door), (await asked.ask(door, who)).status_code) for door in doors for who in strangers}
        let_in = {(await asked.ask(door, key)).status_code for door in doors for key in asked.keys.values()}

    assert answers == {("ingest POST /v1/events", 401)}
    assert not let_in & DENIED


async def test_a_shops_operations_see_and_release_its_own_dead_letters_only(make_database):
    async with opened("loyalty", await make_database("loyalty")) as asked:
        own = await plant_dead_letter(asked.service, EVIL, offset=1)
        ask, letter = asked.service.ask, asked.values["letter_id"]
        listed = (await ask("GET", "/v1/deadletters", "ops", shop=EVIL)).json()["dead_letters"]
        foreign = await ask("POST", f"/v1/deadletters/{letter}/release", "ops", shop=EVIL)
        seen = (await ask("GET", "/v1/deadletters", "ops", shop="*")).json()["dead_letters"]

    assert [str(found["id"]) for found in listed] == [own]
    assert (foreign.status_code, foreign.json()["code"]) == (409, "not_released")
    assert {str(found["id"]) for found in seen} == {own, letter}
