"""Waits for the effects of the posted events: events applied, a model fitted, every message decided."""

import asyncio
from collections.abc import Collection, Mapping, Sequence
from typing import Any

from mandegar.clock import monotonic_seconds
from mandegar_local.demo.progress import Stage, Step
from mandegar_local.demo.service_client import Answer, ServiceClient
from mandegar_local.ports import SERVICES
from mandegar_local.stack_error import StackError

# Four times the lease (45 s) of a send whose worker was killed.
STALLED_SECONDS = 180.0
_POLL_SECONDS = 0.3
# What each service has to apply of what is accepted; the group of a service has its name.
APPLIES: Mapping[str, frozenset[str]] = {
    "loyalty": frozenset({"order.paid", "refund.issued"}),
    "churn": frozenset({"order.paid", "refund.issued"}),
    "notify": frozenset({"order.paid"}),
}

Counts = Mapping[str, int]


def expected_of(service: str, accepted: Counts) -> dict[str, int]:
    """The number of events of each type that a service has to apply, given the accepted ones."""
    return {type_: accepted.get(type_, 0) for type_ in sorted(APPLIES[service])}


async def streams(client: ServiceClient) -> dict[str, Answer]:
    """The answer of every service's `/v1/stream`."""
    answers = await asyncio.gather(*(client.stream(service) for service in SERVICES))
    return dict(zip(SERVICES, answers, strict=True))


def applied_by(answers: Mapping[str, Answer], service: str) -> Counts:
    """The number of events applied by a service's main group, by type."""
    counts: Counts = answers[service]["groups"].get(service, {}).get("applied", {})
    return counts


def is_quiet(answers: Mapping[str, Answer]) -> bool:
    """Whether all outboxes are empty and no group has a lag. Groups that have applied nothing are ignored."""
    groups = [group for answer in answers.values() for group in answer["groups"].values() if group["applied"]]
    return all(answer["outbox"].get("rows") == 0 for answer in answers.values()) and all(
        group["lag_records"] == 0 for group in groups
    )


class _Watch:
    """Raises StackError if the observed state does not change for three minutes."""

    def __init__(self, title: str) -> None:
        self._title, self._state, self._since = title, object(), monotonic_seconds()

    async def pause(self, state: Any) -> None:
        if state != self._state:
            self._state, self._since = state, monotonic_seconds()
        if monotonic_seconds() - self._since > STALLED_SECONDS:
            raise StackError(f"{self._title}: no progress for {STALLED_SECONDS:.0f} s; last state: {state}")
        await asyncio.sleep(_POLL_SECONDS)


async def until_applied(client: ServiceClient, accepted: Counts, step: Step) -> None:
    """Wait until loyalty, churn and notify have applied the accepted events. Raises StackError without progress."""
    watch = _Watch(step.title)
    while True:
        answers = await streams(client)
        counts = {service: applied_by(answers, service) for service in APPLIES}
        missing = sum(
            max(wanted - counts[service].get(type_, 0), 0)
            for service in APPLIES
            for type_, wanted in expected_of(service, accepted).items()
        )
        step.move_to(to_apply(accepted) - missing)
        if not missing and is_quiet(answers):
            return
        await watch.pause([counts, [answer["outbox"].get("rows") for answer in answers.values()]])


def to_apply(accepted: Counts) -> int:
    """The number of events that all services together have to apply."""
    return sum(sum(expected_of(service, accepted).values()) for service in APPLIES)


async def until_banded(client: ServiceClient, customer_ids: Collection[str], step: Step) -> None:
    """Wait until churn has fitted a model for the shop and each of these customers has a band under it."""
    watch = _Watch(step.title)
    while True:
        answer = await client.bands()
        under: dict[str, int] = {}
        if answer["model_version"] > 0:
            under = await client.model_versions(list(answer["bands"]))
        done = sum(under.get(customer_id) == answer["model_version"] for customer_id in customer_ids)
        step.move_to(done)
        if done == len(customer_ids):
            return
        step.show_note("fitting the model" if answer["model_version"] == 0 else "bands under the new model")
        await watch.pause([answer["model_version"], under])


async def until_segmented(client: ServiceClient, step: Step) -> list[Answer]:
    """Wait until every customer is counted in the segments of the shop; returns the segments."""
    watch = _Watch(step.title)
    while True:
        segments = await client.segments()
        if all(segment["complete"] for segment in segments):
            return segments
        await watch.pause(segments)


async def until_decided(client: ServiceClient, step: Step) -> None:
    """Wait until every message is sent, postponed or refused, and all services have applied the resulting events."""
    watch = _Watch(step.title)
    while True:
        answers = await streams(client)
        summary = await client.messages()
        open_ = undecided(summary["counts"])
        step.move_to(summary["total"] - open_)
        step.show_note(f"{open_} not decided yet" if open_ else "")
        if not open_ and is_quiet(answers):
            return
        await watch.pause([summary["counts"], {name: answer["groups"] for name, answer in answers.items()}])


def undecided(counts: Sequence[Answer]) -> int:
    """The number of messages that are about to be sent: claimed, or ready without a reason to wait."""
    return sum(
        count["messages"]
        for count in counts
        if count["state"] == "sending" or (count["state"] == "ready" and count["reason"] is None)
    )


async def until_history_is_quiet(
    client: ServiceClient, accepted: Counts, stage: Stage, customer_ids: Collection[str]
) -> None:
    """Wait for the effects of the history, in three steps."""
    with stage.step("Applied by loyalty, churn and notify", to_apply(accepted)) as step:
        client.http.on_wait = step.show_note
        await until_applied(client, accepted, step)
    with stage.step("Customers with a band under the shop's model", len(customer_ids)) as step:
        client.http.on_wait = step.show_note
        await until_banded(client, customer_ids, step)
    with stage.step("Messages decided") as step:
        client.http.on_wait = step.show_note
        await until_decided(client, step)


async def until_live_is_quiet(
    client: ServiceClient, accepted: Counts, stage: Stage, customer_ids: Collection[str]
) -> None:
    """Wait for the effects of the live events, in one step."""
    with stage.step("Effects of the live events in every service") as step:
        client.http.on_wait = step.show_note
        await until_applied(client, accepted, step)
        await until_banded(client, customer_ids, step)
        await until_decided(client, step)
